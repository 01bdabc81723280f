import { deepEqual, equal, match, ok } from "node:assert/strict";
import { silentLogger } from "../../lib/log/mod.ts";
import { serveMetrics } from "../../lib/metrics/mod.ts";
import { metricsHandler } from "../../lib/metrics/server.ts";
import { Budgets, type ReadGate } from "../../lib/port/mod.ts";
import { scrapeBudgets } from "../../lib/metrics/scrapes.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { connectionWindow } from "../port/support/connection_window.ts";
import { testSupervisor, uncounted } from "../port/support/listening.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { until } from "../support/until.ts";
import { sketch } from "../checker/support/bench.ts";
import { MetricsBed } from "./support.ts";

async function withServer(
  scrape: () => AsyncGenerator<Uint8Array<ArrayBuffer>>,
  run: (url: string, clock: FakeClock) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  // The sockets are real, and have to get their turns.
  clock.turn = systemClock.turn;
  const server = serveMetrics({
    address: { hostname: "127.0.0.1", port: 0 },
    metrics: { scrape },
    connections: uncounted,
    budgets: new Budgets(silentLogger, clock),
    supervisor: testSupervisor(silentLogger, clock),
    clock,
    log: silentLogger,
  });
  try {
    await run(`http://127.0.0.1:${server.port}`, clock);
  } finally {
    await server.close();
  }
  equal(clock.pending, 0);
}

/** A scrape of `count` slices that tells how many were asked for. */
function counted(count: number) {
  const state = { made: 0, ended: 0 };
  const slice = new Uint8Array(64 * 1024).fill(35);
  async function* scrape() {
    try {
      for (; state.made < count; state.made++) yield await Promise.resolve(slice);
    } finally {
      state.ended++;
    }
  }
  return { state, scrape };
}

Deno.test("a real scrape arrives whole, with the content type of the text format", async () => {
  const backends = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`b${i}`, {}]));
  using bed = new MetricsBed({ config: sketch({ backends }) });
  const { metrics } = bed;
  await withServer(() => metrics.scrape(), async (url) => {
    const response = await fetch(`${url}/metrics`);
    equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    equal(text.match(/^maglev_backend_state\{/gm)?.length, 12_000);
    match(text, /\nprocess_max_fds \d+\n$/);
  });
});

Deno.test("a server that is closed has told what its log has left out, and leaves no timer", async () => {
  const [clock, log] = [new FakeClock(), new RecordedLog()];
  clock.turn = systemClock.turn;
  const server = serveMetrics({
    address: { hostname: "127.0.0.1", port: 0 },
    metrics: { scrape: counted(1).scrape },
    gate: () => Promise.reject(new Error("a defect")),
    connections: uncounted,
    budgets: new Budgets(log, clock),
    supervisor: testSupervisor(log, clock),
    clock,
    log,
  });
  const ask = async () => await (await fetch(`http://127.0.0.1:${server.port}`)).body?.cancel();
  for (let i = 0; i < 7; i++) await ask();
  deepEqual(log.named("log-limited"), []);
  await server.close();
  deepEqual(log.named("log-limited").map(({ record, suppressed }) => [record, suppressed]), [
    ["metrics-handler-error", 2],
  ]);
  equal(clock.pending, 0);
});

Deno.test("next to nothing of bodies is taken that nobody reads", async () => {
  await withServer(counted(1).scrape, async (url) => {
    equal(await connectionWindow(new URL(url).host), 65_535);
  });
});

Deno.test("the index leads to the metrics, other paths and methods are refused", async () => {
  await withServer(counted(1).scrape, async (url) => {
    match(await (await fetch(url)).text(), /href="\/metrics"/);
    const missing = await fetch(`${url}/metric`);
    equal(missing.status, 404);
    equal(await missing.text(), "not found; the metrics are at /metrics\n");
    const post = await fetch(`${url}/metrics`, { method: "POST", body: "x" });
    equal(post.status, 405);
    equal(post.headers.get("allow"), "GET, HEAD");
    await post.body?.cancel();
    const head = await fetch(`${url}/metrics?x=1`, { method: "HEAD" });
    equal(head.status, 200);
    equal(head.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    await head.body?.cancel();
  });
});

Deno.test("what is no scrape tells its length, and who may not read is asked for a token", async () => {
  const clock = new FakeClock();
  using budgets = new Budgets(silentLogger, clock);
  const gate: ReadGate = ({ headers }) =>
    Promise.resolve(headers.length === 0 ? undefined : "who are you?");
  const options = { metrics: { scrape: counted(1).scrape }, budgets, clock, log: silentLogger };
  const handler = metricsHandler({ ...options, gate });
  for (
    const [fields, path, status, asked] of [
      [[], "/", 200, undefined],
      [[], "/nowhere", 404, undefined],
      [[["authorization", "x"]], "/metrics", 401, "Bearer"],
    ] as const
  ) {
    const answer = await handler(memoryRequest({ method: "GET", path, headers: fields }));
    const headers = new Headers(
      answer.headers?.map(([name, value]): [string, string] => [
        ...[name, value] as const,
      ]),
    );
    const parts = await Array.fromAsync(answer.body ?? []);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    deepEqual(
      [answer.status, headers.get("content-length"), headers.get("www-authenticate") ?? undefined],
      [status, String(length), asked],
    );
  }
});

Deno.test("scrapers that do not read cost only themselves", async () => {
  const { state, scrape } = counted(200);
  await withServer(scrape, async (url) => {
    const slow = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/metrics`)));
    const { length } = await (await fetch(`${url}/metrics`)).text();
    equal(length, 200 * 64 * 1024);
    ok(state.ended <= 21, `${state.ended} scrapes were rendered for 21 that were asked`);
    for (const response of slow) await response.body?.cancel();
  });
});

Deno.test("a scrape is compressed for those who take it so, and both are the same", async () => {
  const backends = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`b${i}`, {}]));
  using bed = new MetricsBed({ config: sketch({ backends }) });
  const { metrics } = bed;
  await withServer(() => metrics.scrape(), async (url) => {
    using client = Deno.createHttpClient({});
    const ask = async (encoding: string) => {
      const headers = { "accept-encoding": encoding };
      const response = await fetch(`${url}/metrics`, { client, headers });
      equal(response.headers.get("vary"), "accept-encoding");
      const text = await response.text();
      return [response.headers.get("content-encoding"), text.match(/^maglev_backend/gm)?.length];
    };
    const [, plain] = await ask("identity");
    equal(plain, 800);
    for (const encoding of ["gzip", "deflate, gzip;q=0.5", "GZIP"]) {
      equal((await ask(encoding))[1], plain, encoding);
    }
    for (const encoding of ["gzip;q=0", "gzip; q=0.00", "deflate", "xgzip", "gzipx"]) {
      equal((await ask(encoding))[0], null, encoding);
    }
  });
});

Deno.test("strangers who read nothing use up their room, and this machine's scrapes have theirs", async () => {
  const clock = new FakeClock();
  using budgets = new Budgets(silentLogger, clock);
  const mebibyte = new Uint8Array(1024 * 1024);
  const handler = metricsHandler({
    metrics: {
      async *scrape() {
        for (let i = 0; i < 20; i++) yield await Promise.resolve(mebibyte);
      },
    },
    budgets,
    clock,
    log: silentLogger,
  });
  const scrape = async (peer: string) => {
    const request = { ...memoryRequest({ path: "/metrics", method: "GET" }), peer };
    const { body } = await handler(request);
    ok(body);
    return body[Symbol.asyncIterator]();
  };
  const [strangers, own] = [scrapeBudgets.strangers, scrapeBudgets.own]
    .map(({ name }) => [...budgets.all].find((each) => each.name === name));
  const slow = await scrape("127.0.0.1");
  await until(() => own?.used === 20 * 1024 * 1024);
  const deaf = [await scrape("192.0.2.1")];
  await until(() => strangers?.used === 20 * 1024 * 1024);
  equal(strangers?.refused, 0);
  deaf.push(await scrape("2001:db8::1"));
  await until(() => strangers?.refused === 1 && strangers.used === 20 * 1024 * 1024);
  let octets = 0;
  for (let part = await slow.next(); !part.done; part = await slow.next()) {
    octets += part.value.length;
  }
  deepEqual([octets, own?.used, own?.refused], [20 * 1024 * 1024, 0, 0]);
  for (const each of deaf) await each.return?.();
  deepEqual([strangers?.used, clock.pending], [0, 0]);
});

Deno.test("a scraper that goes away frees its place", async () => {
  let ended = () => {};
  const endless = async function* () {
    try {
      while (true) yield await Promise.resolve(new Uint8Array(64 * 1024));
    } finally {
      ended();
    }
  };
  await withServer(endless, async (url) => {
    for (let i = 0; i < 10; i++) {
      const over = new Promise<void>((resolve) => ended = resolve);
      const response = await fetch(`${url}/metrics`);
      equal(response.status, 200);
      await response.body?.cancel();
      await over;
    }
  });
});
