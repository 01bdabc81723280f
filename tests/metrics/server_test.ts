import { equal, match, ok } from "node:assert/strict";
import { silentLogger } from "../../lib/log/mod.ts";
import { serveMetrics } from "../../lib/metrics/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { sketch } from "../checker/support.ts";
import { MetricsBed } from "./fixture.ts";

async function withServer(
  scrape: () => AsyncGenerator<Uint8Array<ArrayBuffer>>,
  run: (url: string, clock: FakeClock) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const server = serveMetrics({
    hostname: "127.0.0.1",
    port: 0,
    metrics: { scrape },
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
    const head = await fetch(`${url}/metrics`, { method: "HEAD" });
    equal(head.status, 200);
    await head.body?.cancel();
  });
});

Deno.test("a scraper that doesn't read holds few slices, and a fifth one is sent away", async () => {
  const { state, scrape } = counted(10_000);
  await withServer(scrape, async (url, clock) => {
    const slow = await Promise.all([1, 2, 3, 4].map(() => fetch(`${url}/metrics`)));
    const refused = await fetch(`${url}/metrics`);
    equal(refused.status, 503);
    equal(refused.headers.get("retry-after"), "5");
    equal(await refused.text(), "4 scrapes are already running\n");
    ok(state.made < 5000, `${state.made} slices made for readers that read nothing`);
    clock.advance(60_000);
    for (const response of slow) await response.arrayBuffer().catch(() => {});
    equal(state.ended, 4);
    const again = await fetch(`${url}/metrics`);
    equal(again.status, 200);
    await again.body?.cancel();
  });
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
