import assert from "node:assert/strict";
import type { AuthRules } from "../../lib/access/mod.ts";
import type { H2Request, H2Response } from "../../lib/h2/mod.ts";
import { Budgets } from "../../lib/port/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { Broadcast } from "../../lib/web/broadcast.ts";
import type { BrowserLimits } from "../../lib/web/browser.ts";
import type { Assets } from "../../lib/web/mod.ts";
import type { Maglevd } from "../../lib/web/maglevd.ts";
import { PageServer } from "../../lib/web/server.ts";
import type { Credentials } from "../../lib/web/settings.ts";
import { rulesOf } from "../access/support/auth_bed.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";
import { newToken } from "../support/tokens.ts";
import { blank, credentials, operator } from "./support/bed.ts";

const otto = newToken();

const rules = rulesOf(`auth:
  metrics: view
  tokens:
    - { name: otto, role: view, sha256: ${otto.sha256} }
`);

interface Options {
  readonly rules?: AuthRules;
  readonly credentials?: Credentials | undefined;
  readonly assets?: Assets;
  readonly browserLimits?: BrowserLimits;
}

/** A server of pages without sockets. */
class Bed implements Disposable {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly budgets = new Budgets(this.log, this.clock);
  readonly broadcast = new Broadcast({
    ...{ clock: this.clock, servers: ["one"], epoch: "e", version: "0", hasLogin: true },
  });
  rules: AuthRules | undefined;
  readonly page: PageServer;

  constructor({ rules, credentials, assets = blank, browserLimits }: Options = {}) {
    this.rules = rules;
    const traffic = {
      points: () => {
        throw new Error("it breaks");
      },
    };
    const describe = (error: unknown) => String(error);
    const table = { buckets: () => new Promise(() => {}) };
    this.page = new PageServer({
      broadcast: this.broadcast,
      maglevds: new Map([["one", { traffic, table, describe } as unknown as Maglevd]]),
      ...{ assets, credentials, hostNames: new Set<string>() },
      ...rules && { rules: () => this.rules ?? rules },
      ...browserLimits && { browserLimits },
      ...{ budgets: this.budgets, clock: this.clock, log: this.log },
    });
  }

  async ask(path: string, more: Partial<H2Request> = {}): Promise<H2Response> {
    const request = memoryRequest({ path, method: "GET", headers: [] });
    return await this.page.handle({ ...request, peer: "192.0.2.1", ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.advanceAsync(0);
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.page.close();
    this.broadcast.close();
    this.budgets[Symbol.dispose]();
    assert.equal(this.clock.pending, 0);
  }
}

async function textOf({ body }: H2Response): Promise<string> {
  let text = "";
  for await (const part of body ?? []) text += new TextDecoder().decode(part);
  return text;
}

function headerOf({ headers }: H2Response, wanted: string): string | undefined {
  return headers?.find(([name]) => name === wanted)?.[1];
}

const mayLook: Partial<H2Request> = {
  headers: [["authorization", `Basic ${btoa(`otto:${otto.token}`)}`]],
};

Deno.test("each path has its answer, of what is there to log in with", async () => {
  using open = new Bed();
  using closed = new Bed({ credentials: operator });
  const statusOf = async (bed: Bed, path: string, more?: Partial<H2Request>) => {
    const answer = await bed.ask(path, more);
    return [answer.status, headerOf(answer, "location") ?? headerOf(answer, "allow")];
  };
  for (
    const [path, withoutLogin, withLogin] of [
      ["/", [302, "/view/"], [302, "/view/"]],
      ["/view", [302, "/view/"], [302, "/view/"]],
      ["/admin", [404, undefined], [302, "/admin/"]],
      ["/admin/", [404, undefined], [401, undefined]],
      ["/healthz", [200, undefined], [200, undefined]],
      ["/metrics", [200, undefined], [200, undefined]],
      ["/viewer", [404, undefined], [404, undefined]],
      ["/view/api/nothing", [404, undefined], [404, undefined]],
      ["/view/api/traffic?server=two", [404, undefined], [404, undefined]],
      ["/view/api/traffic?server=one", [502, undefined], [502, undefined]],
    ] as const
  ) {
    assert.deepEqual(await statusOf(open, path), withoutLogin, path);
    assert.deepEqual(await statusOf(closed, path), withLogin, path);
  }
  const post: Partial<H2Request> = { method: "POST" };
  const both = [405, "GET, HEAD"];
  for (const path of ["/", "/view/", "/view/api/state"]) {
    assert.deepEqual(await statusOf(open, path, post), both, path);
    assert.equal((await statusOf(open, path, { method: "HEAD" }))[0], path === "/" ? 302 : 200);
  }
  const known: Partial<H2Request> = { headers: [["authorization", credentials.authorization]] };
  assert.deepEqual(await statusOf(closed, "/admin/", { ...known, ...post }), both);
  assert.deepEqual(await statusOf(closed, "/admin/api/sync", known), [405, "POST"]);
  for (const method of ["GET", "HEAD"]) {
    assert.equal((await statusOf(closed, "/admin/api/whoami", { ...known, method }))[0], 200);
    assert.equal((await statusOf(closed, "/admin/", { ...known, method }))[0], 200);
  }
  assert.equal((await statusOf(closed, "/admin/api/whoami", { ...known, ...post }))[0], 415);
  assert.match(await textOf(await open.ask("/view/api/traffic?server=one")), /it breaks/);
  const unknown = await textOf(await open.ask(`/view/api/traffic?server=${"x".repeat(200)}`));
  assert.equal(unknown, `there is no maglevd "${"x".repeat(100)}"\n`);
});

Deno.test("whatever is answered, no other page may have it, frame it, or put anything into it", async () => {
  using bed = new Bed({ credentials: operator });
  const policy = [
    ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"],
    ...["connect-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'none'"],
    "frame-ancestors 'none'",
  ];
  const paths = ["/", "/view/", "/view/app.js", "/view/api/state", "/view/api/events"];
  for (const path of [...paths, "/view/api/whoami", "/admin/", "/healthz", "/nowhere"]) {
    const answer = await bed.ask(path);
    assert.deepEqual(headerOf(answer, "content-security-policy")?.split("; "), policy, path);
    const others = ["cross-origin-opener-policy", "cross-origin-resource-policy"];
    for (const name of others) assert.equal(headerOf(answer, name), "same-origin", path);
    assert.equal(headerOf(answer, "x-content-type-options"), "nosniff", path);
    assert.equal(headerOf(answer, "referrer-policy"), "no-referrer", path);
  }
});

Deno.test("what browsers have not taken yet may be 64 MiB, of one connection half of it", async () => {
  const mebi = (count: number, letter: string) => letter.repeat(count * 1024 * 1024);
  const assets = { html: "<!doctype html>", script: mebi(32, "s"), style: mebi(32, "t") };
  for (const peer of ["192.0.2.1", "127.0.0.1"]) {
    using bed = new Bed({ assets });
    const ask = (path: string, connection = {}) => bed.ask(`/view/${path}`, { peer, connection });
    const one = {};
    const held = [await ask("app.js", one), await ask("app.js", {})];
    assert.deepEqual(held.map(({ status }) => status), [200, 200], "many have the same octets");
    assert.equal((await ask("", one)).status, 503, "more than one connection may have");
    held.push(await ask("app.css"));
    const refused = await ask("");
    assert.deepEqual([held[2]?.status, refused.status], [200, 503]);
    assert.equal(headerOf(refused, "retry-after"), "1");
    // Others have a share of their own: this machine, and all who are not on it.
    const other = peer === "127.0.0.1" ? "192.0.2.1" : "127.0.0.1";
    assert.equal((await bed.ask("/view/", { peer: other, connection: {} })).status, 200);
    for (const { body } of held) await body?.[Symbol.asyncIterator]().return?.();
    assert.equal((await ask("", one)).status, 200);
  }
});

Deno.test("what is long is compressed for those who take it so, once for all of them", async () => {
  const script = (length: number) => ({ ...blank, script: "x".repeat(length) });
  const gzip: Partial<H2Request> = { headers: [["accept-encoding", "gzip"]] };
  for (const [length, encoding] of [[4_095, undefined], [4_096, "gzip"]] as const) {
    using bed = new Bed({ assets: script(length) });
    const packed = await bed.ask("/view/app.js", gzip);
    assert.equal(headerOf(packed, "content-encoding"), encoding);
    assert.equal(headerOf(packed, "vary"), "accept-encoding");
    const plain = await bed.ask("/view/app.js");
    assert.equal(headerOf(plain, "content-encoding"), undefined);
    assert.equal((await textOf(plain)).length, length);
    const octets = async (answer: H2Response) => (await Array.fromAsync(answer.body ?? []))[0];
    assert.equal(await octets(packed), await octets(await bed.ask("/view/app.js", gzip)));
  }
});

Deno.test("the state is kept by nobody, the page is asked for anew, answers say what they are", async () => {
  using bed = new Bed();
  const about = async (path: string) => {
    const answer = await bed.ask(path);
    return [headerOf(answer, "content-type"), headerOf(answer, "cache-control")];
  };
  assert.deepEqual(await about("/view/api/state"), ["application/json", "no-store"]);
  assert.deepEqual(await about("/view/api/whoami"), ["application/json", "no-store"]);
  assert.deepEqual(await about("/view/"), ["text/html; charset=utf-8", "no-cache"]);
  assert.deepEqual(await about("/view/app.css"), ["text/css; charset=utf-8", "no-cache"]);
  assert.deepEqual(await about("/metrics"), [
    "text/plain; version=0.0.4; charset=utf-8",
    undefined,
  ]);
});

Deno.test("a stream begins with when to come back, and goes on behind what was seen", async () => {
  using bed = new Bed();
  const link = { kind: "link", link: { state: "lost", since: 0, reason: "" } } as const;
  for (let i = 0; i < 2; i++) {
    bed.broadcast.publish("one", { ...link, link: { ...link.link, since: i } });
    await bed.clock.advanceAsync(200);
  }
  const first = async (path: string, headers: H2Request["headers"] = []) => {
    const answer = await bed.ask(path, { headers });
    assert.equal(headerOf(answer, "content-type"), "text/event-stream");
    const parts = answer.body?.[Symbol.asyncIterator]();
    const read = async () => new TextDecoder().decode((await parts?.next())?.value);
    const [begin, next] = [await read(), await read()];
    await parts?.return?.();
    assert.equal(begin, "retry: 1000\n\n");
    return next.split("\n")[0];
  };
  assert.equal(await first("/view/api/events?after=e-1"), "id: e-2");
  assert.equal(await first("/view/api/events", [["last-event-id", "e-0"]]), "id: e-1");
  // What the browser has seen itself is newer than its first request.
  assert.equal(await first("/view/api/events?after=e-0", [["last-event-id", "e-1"]]), "id: e-2");
  assert.equal(await first("/view/api/events"), "event: resync");
  assert.equal(bed.broadcast.subscribers, 0);
  // Who asks for the head alone is told the same, and follows nothing.
  const head = await bed.ask("/view/api/events", { method: "HEAD" });
  assert.deepEqual([head.status, headerOf(head, "content-type")], [200, "text/event-stream"]);
  assert.match(await textOf(await bed.ask("/metrics")), /^maglev_frontend_web_streams_total 4$/m);
  assert.match(await textOf(await bed.ask("/metrics")), /^maglev_frontend_web_browsers 0$/m);
});

Deno.test("a browser that reads too slowly is counted as one", async () => {
  using bed = new Bed({ browserLimits: { messages: 1, bytes: 1_000_000 } });
  const { body } = await bed.ask("/view/api/events?after=e-0");
  const parts = body?.[Symbol.asyncIterator]();
  await parts?.next();
  const cutOff = async () => /^\w+_cut_off_total (\d+)$/m.exec(await metrics())?.[1];
  const metrics = async () => await textOf(await bed.ask("/metrics"));
  assert.equal(await cutOff(), "0");
  // Signs of life are more than it takes.
  await bed.clock.advanceAsync(60_000);
  assert.equal(await cutOff(), "1");
  await parts?.return?.();
});

Deno.test("a stream ends with its request, or with the server, and counts no more", async () => {
  const bed = new Bed();
  const over = new AbortController();
  const follow = async (signal?: AbortSignal) => {
    const { body } = await bed.ask("/view/api/events?after=e-0", { ...signal && { signal } });
    const parts = body?.[Symbol.asyncIterator]();
    await parts?.next();
    return parts?.next();
  };
  const [left, other] = [follow(over.signal), follow()];
  await bed.clock.advanceAsync(0);
  assert.equal(bed.broadcast.subscribers, 2);
  over.abort();
  assert.equal((await left)?.done, true);
  assert.equal(bed.broadcast.subscribers, 1);
  bed[Symbol.dispose]();
  assert.equal((await other)?.done, true);
});

Deno.test("with rules metrics are for those whom they let look, and strangers are told why not", async () => {
  using bed = new Bed({ rules });
  assert.equal((await bed.ask("/metrics")).status, 401);
  assert.equal((await bed.ask("/metrics", mayLook)).status, 200);
  const refused = await bed.ask("/view/");
  assert.deepEqual([refused.status, headerOf(refused, "content-type")], [
    ...[401, "text/plain; charset=utf-8"],
  ]);
  const asked = await bed.ask("/view/api/whoami");
  assert.deepEqual([asked.status, headerOf(asked, "content-type")], [401, "application/json"]);
  assert.match(JSON.parse(await textOf(asked)).error, /; in a browser log in with your name/);
  // Who shows two things is not asked which of them is meant.
  const [shown] = mayLook.headers ?? [];
  const twice = { headers: [shown, ["authorization", "x"]] } as Partial<H2Request>;
  const refusedTwice = bed.ask("/metrics", twice);
  await bed.clock.advanceAsync(0);
  assert.deepEqual(bed.log.named("login-failed"), [{ peer: "192.0.2.1" }], "told before it waits");
  await bed.clock.advanceAsync(10_000);
  assert.equal((await refusedTwice).status, 401);
  bed.rules = { ...rules, metrics: "anyone" };
  assert.equal((await bed.ask("/metrics")).status, 200);
  bed.rules = { ...rules, anonymous: "view" };
  // Who may look without a login still has to show who it is to steer.
  assert.equal((await bed.ask("/view/")).status, 200);
  assert.match(await textOf(await bed.ask("/admin/")), /^one has to log in to steer; in a browser/);
  const whoami = await bed.ask("/view/api/whoami", mayLook);
  assert.partialDeepStrictEqual(JSON.parse(await textOf(whoami)), { name: "otto", role: "view" });
});

Deno.test("streams of those who may not look any more end, others hear that something is other", async () => {
  using bed = new Bed({ rules });
  const follow = async () => {
    const { body } = await bed.ask("/view/api/events?after=e-0", mayLook);
    const parts = body?.[Symbol.asyncIterator]();
    await parts?.next();
    return async () => new TextDecoder().decode((await parts?.next())?.value).split("\n")[0];
  };
  const next = await follow();
  const waiting = next();
  bed.page.review();
  assert.equal(await waiting, "event: whoami");
  bed.rules = { ...rules, tokens: [] };
  bed.page.review();
  assert.deepEqual([await next(), await next()], ["event: denied", ""]);
  assert.equal(bed.broadcast.subscribers, 0);
});

Deno.test("a network has so many questions at a time, and is told so; who asks the same shares one", async () => {
  using bed = new Bed();
  const ask = (frontend: string, peer = "192.0.2.1") =>
    bed.ask(`/view/api/buckets?server=one&frontend=${frontend}`, { peer });
  for (let i = 0; i < 7; i++) void ask(`f${i}`);
  // Who names none asks for the one without a name.
  void ask("");
  void bed.ask("/view/api/buckets?server=one");
  await bed.clock.advanceAsync(0);
  const used = [...bed.budgets.all].map(({ name, used }) => `${name} ${used}`);
  assert.deepEqual(used, ["web-questions 8", "web-answer-bytes 0", "own-web-answer-bytes 0"]);
  const refused = await ask("other");
  assert.equal(refused.status, 503);
  assert.match(JSON.parse(await textOf(refused)).error, /^too many at a time: /);
  // Neither another network nor one of those questions is refused.
  const answers = [ask("other", "198.51.100.1"), ask("f0")].map((answer) =>
    answer.then(() => "answered")
  );
  await bed.clock.advanceAsync(0);
  assert.equal(await Promise.race([...answers, Promise.resolve("under way")]), "under way");
  // All networks together leave half of what there is to this machine.
  for (let i = 0; i < 7; i++) void ask(`g${i}`, "203.0.113.1");
  await bed.clock.advanceAsync(0);
  assert.equal([...bed.budgets.all][0]?.used, 16);
  assert.equal((await ask("one more", "198.51.100.99")).status, 503);
  void ask("own", "127.0.0.1");
  await bed.clock.advanceAsync(0);
  assert.equal([...bed.budgets.all][0]?.used, 17);
});
