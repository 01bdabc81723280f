import assert from "node:assert/strict";
import type { AuthRules, CertificateCredentials } from "../../lib/access/mod.ts";
import { Budgets } from "../../lib/port/mod.ts";
import { Client } from "../../lib/port/caller.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { Broadcast } from "../../lib/web/broadcast.ts";
import { PageServer } from "../../lib/web/server.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";
import { blank } from "./support/bed.ts";

const rules: AuthRules = {
  anonymous: "none",
  metrics: "anyone",
  users: new Map(),
  groups: new Map(),
  certificates: new Map(["ada", "otto"].map((name) => [`CN=${name}`, { name, role: "admin" }])),
  tokens: [],
};

/** A page, and certificates that end when a test says so. */
class Bed implements Disposable {
  readonly clock = new FakeClock();
  readonly ended = new Set<string>();
  readonly #budgets = new Budgets(new FakeLog(), this.clock);
  readonly broadcast = new Broadcast({
    ...{ clock: this.clock, servers: ["one"], epoch: "e", version: "0", hasLogin: true },
  });
  readonly page: PageServer;

  /** `anonymous` is what those may who show nothing. */
  constructor(anonymous: AuthRules["anonymous"] = "none") {
    this.page = new PageServer({
      broadcast: this.broadcast,
      maglevds: new Map(),
      rules: () => ({ ...rules, anonymous }),
      ...{ assets: blank, credentials: undefined, hostNames: new Set() },
      ...{ budgets: this.#budgets, clock: this.clock, log: new FakeLog() },
    });
  }

  /** Opens a stream by the certificate of somebody, or by none, and returns what comes, to its end. */
  async follow(
    name: string | undefined,
    signal = new AbortController().signal,
  ): Promise<{ readonly all: Promise<string> }> {
    const isEnded = () => name !== undefined && this.ended.has(name);
    const credentials: CertificateCredentials = {
      ...{ kind: "certificate", subject: `CN=${name}`, names: [] },
      get problem() {
        return isEnded() ? "has expired" : undefined;
      },
    };
    const path = "/view/api/events";
    const connection = new Client(name === undefined ? undefined : credentials);
    const request = memoryRequest({ path, method: "GET", headers: [], connection, signal });
    const { status, body } = await this.page.handle(request);
    assert.equal(status, 200);
    const reader = body?.[Symbol.asyncIterator]();
    let text = "";
    const read = async () => {
      const next = await reader?.next();
      if (!next || next.done) return false;
      text += new TextDecoder().decode(next.value);
      return true;
    };
    await read();
    const all = (async () => {
      while (await read());
      return text;
    })();
    return { all };
  }

  [Symbol.dispose](): void {
    this.page.close();
    this.broadcast.close();
    this.#budgets[Symbol.dispose]();
  }
}

Deno.test("a stream ends with the certificate that it was opened with, and no other does", async () => {
  using bed = new Bed();
  const [ada, otto] = [await bed.follow("ada"), await bed.follow("otto")];
  bed.clock.advance(5_000);
  assert.equal(bed.broadcast.subscribers, 2);
  bed.ended.add("ada");
  bed.clock.advance(1_000);
  assert.match(await ada.all, /event: denied\ndata: \{\}\n\n$/);
  assert.equal(bed.broadcast.subscribers, 1);
  bed.clock.advance(5_000);
  assert.equal(bed.broadcast.subscribers, 1);
  bed.ended.add("otto");
  bed.clock.advance(1_000);
  assert.match(await otto.all, /event: denied/);
  assert.equal(bed.broadcast.subscribers, 0);
});

Deno.test("only those who are known by a certificate are looked at from time to time", async () => {
  using bed = new Bed("view");
  const idle = bed.clock.pending;
  const other = await bed.follow(undefined);
  assert.equal(bed.clock.pending, idle);
  const ada = await bed.follow("ada");
  bed.ended.add("ada");
  bed.clock.advance(1_000);
  await ada.all;
  assert.deepEqual([bed.broadcast.subscribers, bed.clock.pending], [1, idle]);
  bed.page.close();
  assert.doesNotMatch(await other.all, /denied/);
});

Deno.test("nobody is looked at when nobody is known by a certificate any more", async () => {
  using bed = new Bed();
  const idle = bed.clock.pending;
  const ada = await bed.follow("ada");
  assert.equal(bed.clock.pending, idle + 1);
  bed.ended.add("ada");
  bed.clock.advance(1_000);
  await ada.all;
  assert.equal(bed.clock.pending, idle);
  const over = new AbortController();
  const again = await bed.follow("otto", over.signal);
  over.abort();
  await again.all;
  bed.clock.advance(1_000);
  assert.equal(bed.clock.pending, idle, "who has left is not looked at either");
  bed.ended.clear();
  await bed.follow("ada");
  assert.equal(bed.clock.pending, idle + 1);
  bed.page.close();
  assert.equal(bed.clock.pending, idle);
});
