import assert from "node:assert/strict";
import type { H2Request, H2Response } from "../../lib/h2/mod.ts";
import { Budgets } from "../../lib/port/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { Broadcast } from "../../lib/web/broadcast.ts";
import type { Maglevd } from "../../lib/web/maglevd.ts";
import { PageServer } from "../../lib/web/server.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";
import { connectionWindow } from "../port/support/connection_window.ts";
import { blank, credentials, operator, startWeb } from "./support/bed.ts";

const mib = 1024 * 1024;

/** A page of a maglevd that is asked for nothing but traffic. */
class Bed implements Disposable {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly budgets = new Budgets(this.log, this.clock);
  readonly broadcast = new Broadcast({
    ...{ clock: this.clock, servers: ["one"], epoch: "e", version: "0", hasLogin: true },
  });
  /** Questions that have reached it. */
  questions = 0;
  readonly #maglevd = {
    traffic: { points: () => ++this.questions },
    describe: (error: unknown) => String(error),
  };
  readonly page = new PageServer({
    broadcast: this.broadcast,
    maglevds: new Map([["one", this.#maglevd as unknown as Maglevd]]),
    ...{ assets: blank, credentials: operator, hostNames: new Set() },
    ...{ budgets: this.budgets, clock: this.clock, log: this.log },
  });

  async ask(path: string, more: Partial<H2Request> = {}): Promise<H2Response> {
    const request = memoryRequest({ path, method: "GET", headers: [] });
    return await this.page.handle({ ...request, peer: "192.0.2.1", ...more });
  }

  used(name: string): number | undefined {
    return [...this.budgets.all].find((budget) => budget.name === name)?.used;
  }

  [Symbol.dispose](): void {
    this.page.close();
    this.broadcast.close();
    this.budgets[Symbol.dispose]();
  }
}

Deno.test("a stream that is ended before its turn leaves nothing behind", async () => {
  using bed = new Bed();
  const { body } = await bed.ask("/view/api/events");
  await body?.[Symbol.asyncIterator]().return?.();
  assert.equal(bed.broadcast.subscribers, 0);
  const read = (await bed.ask("/view/api/events")).body?.[Symbol.asyncIterator]();
  await read?.next();
  assert.equal(bed.broadcast.subscribers, 1);
  await read?.return?.();
  assert.equal(bed.broadcast.subscribers, 0);
});

Deno.test("a path that is none is refused, and no defect", async () => {
  using bed = new Bed();
  for (const path of ["//", "//x:99999999/", "/\\\\", "//view/", "/view/api/constructor"]) {
    assert.equal((await bed.ask(path)).status, 404, path);
  }
  assert.equal((await bed.ask("*")).status, 400);
});

Deno.test("answers that nobody takes are bounded, and count once however many ask", async () => {
  using bed = new Bed();
  const connection = {};
  const states: H2Response[] = [];
  for (let version = 0; version < 8; version++) {
    const reason = `${version}`.repeat(5 * mib);
    bed.broadcast.publish("one", { kind: "link", link: { state: "lost", since: 0, reason } });
    await bed.clock.advanceAsync(100);
    states.push(await bed.ask("/view/api/state", { connection }));
    states.push(await bed.ask("/view/api/state", { connection }));
  }
  const statuses = states.map(({ status }) => status);
  assert.deepEqual(statuses, [...Array(12).fill(200), ...Array(4).fill(503)]);
  const used = bed.used("web-answer-bytes") ?? 0;
  assert.ok(used > 30 * mib && used < 31 * mib, `${used}`);
  const own = await bed.ask("/view/api/state", { connection, peer: "127.0.0.1" });
  assert.equal(own.status, 200);
  for (const { body } of [...states, own]) await body?.[Symbol.asyncIterator]().return?.();
  assert.deepEqual([bed.used("web-answer-bytes"), bed.used("own-web-answer-bytes")], [0, 0]);
});

Deno.test("a question is the same whatever else stands in the URL", async () => {
  using bed = new Bed();
  const ask = (rest: string) => bed.ask(`/view/api/traffic?server=one&frontend=www${rest}`);
  for (let n = 0; n < 20; n++) assert.equal((await ask(`&x=${n}`)).status, 200);
  assert.equal(bed.questions, 1);
  await bed.ask("/view/api/traffic?server=one&frontend=mail");
  assert.equal(bed.questions, 2);
});

const basic = (text: string): H2Request["headers"] => [["authorization", `Basic ${btoa(text)}`]];
const right: H2Request["headers"] = [["authorization", credentials.authorization]];

Deno.test("who shows a wrong password waits, the longer the more often", async () => {
  using bed = new Bed();
  for (const ms of [100, 200, 400]) {
    let isTold = false;
    const answer = bed.ask("/admin/", { headers: basic("ops:guess") }).finally(() => isTold = true);
    await bed.clock.advanceAsync(ms - 1);
    assert.equal(isTold, false);
    await bed.clock.advanceAsync(1);
    assert.equal((await answer).status, 401);
  }
  assert.equal(bed.log.named("login-failed").length, 3);
  assert.equal((await bed.ask("/admin/", { headers: right })).status, 200);
  assert.equal((await bed.ask("/admin/")).status, 401);
});

Deno.test("of passwords that a network tries at once one is looked at, and none for a while", async () => {
  using bed = new Bed();
  const ask = (headers: H2Request["headers"], peer: string, path = "/admin/") =>
    bed.ask(path, { headers, peer, connection: {} });
  const guesses = Array.from({ length: 500 }, (_, i) => ask(basic(`ops:${i}`), "192.0.2.1"));
  await bed.clock.advanceAsync(99);
  // The right one among them is not told from the others.
  const among = await ask(right, "192.0.2.1");
  assert.equal(among.status, 429);
  assert.deepEqual(among.headers.find(([name]) => name === "retry-after"), ["retry-after", "1"]);
  // Another network, and the same one when it is over, log in as ever.
  assert.equal((await ask(right, "192.0.2.2")).status, 200);
  await bed.clock.advanceAsync(1);
  assert.equal((await ask(right, "192.0.2.1")).status, 200);
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  assert.deepEqual([statuses[0], statuses.filter((each) => each === 429).length], [401, 499]);
  // In ten minutes a network that never stops has some 150 of them looked at.
  let looked = 0;
  for (let second = 0; second < 600; second++) {
    const some = ["a", "b", "c"].map((guess) => ask(basic(`ops:${guess}`), "2001:db8::1"));
    const more = ask(basic("ops:d"), "2001:db8::ffff", "/admin/api/operate");
    await bed.clock.advanceAsync(1_000);
    void Promise.all([...some, more]).then((all) => {
      looked += all.filter(({ status }) => status === 401).length;
    });
  }
  await bed.clock.advanceAsync(60_000);
  assert.ok(looked > 140 && looked < 165, `${looked} were looked at`);
});

Deno.test("next to nothing of bodies is taken that nobody reads", async () => {
  await using web = await startWeb(["127.0.0.1:1"]);
  assert.equal(await connectionWindow(web.address), 65_535);
});
