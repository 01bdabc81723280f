import { deepEqual } from "node:assert/strict";
import type { CheckerEvent, CheckerView } from "../../lib/checker/mod.ts";
import { logFailovers } from "../../lib/daemon/failover.ts";
import { ipFromBytes } from "../../lib/ip/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";

function fixture(pools: Map<string, string>) {
  let tell: (event: CheckerEvent) => void = () => {};
  const address = ipFromBytes(Uint8Array.of(192, 0, 2, 1));
  const checker = {
    frontendNames: () => [...pools.keys()],
    frontend: (name: string) => {
      const activePool = pools.get(name);
      const state = activePool?.startsWith("down:") ? "down" : "up";
      return activePool && { activePool, config: { address }, state };
    },
    subscribe: (listener: typeof tell) => {
      tell = listener;
      return () => tell = () => {};
    },
  } as unknown as CheckerView;
  const log = new RecordedLog();
  const clock = new FakeClock();
  const stop = logFailovers(checker, clock, log);
  const backendEvent = (...frontends: string[]) =>
    tell({
      kind: "backend",
      backend: "b",
      transition: { from: "up", to: "down", at: 0 },
      frontends,
    });
  return { log, clock, stop, backendEvent, reload: () => tell({ kind: "reload" }) };
}

Deno.test("a move to another pool is logged once, with both pools", () => {
  const pools = new Map([["www", "amsterdam"], ["api", "one"]]);
  const { log, clock, stop, backendEvent } = fixture(pools);
  backendEvent("www", "api");
  clock.advance(1000);
  pools.set("www", "zurich");
  backendEvent("www");
  backendEvent("www");
  clock.advance(1000);
  stop();
  deepEqual(log.lines, [
    "info frontend-failover frontend=www address=192.0.2.1 from=amsterdam to=zurich",
  ]);
  deepEqual(clock.pending, 0);
});

Deno.test("a flutter that is over at once is no failover", () => {
  const pools = new Map([["www", "amsterdam"]]);
  const { log, clock, stop, backendEvent } = fixture(pools);
  pools.set("www", "zurich");
  backendEvent("www");
  pools.set("www", "amsterdam");
  backendEvent("www");
  clock.advance(1000);
  stop();
  deepEqual(log.lines, []);
});

Deno.test("coming up with another pool than before is no failover, its transition tells it", () => {
  const pools = new Map([["www", "amsterdam"]]);
  const { log, clock, stop, backendEvent } = fixture(pools);
  for (const pool of ["down:amsterdam", "zurich"]) {
    pools.set("www", pool);
    backendEvent("www");
    clock.advance(1000);
  }
  stop();
  deepEqual(log.lines, []);
});

Deno.test("frontends that come and go with a reload are no failovers", () => {
  const pools = new Map([["www", "amsterdam"]]);
  const { log, clock, stop, reload } = fixture(pools);
  pools.delete("www");
  pools.set("api", "one");
  reload();
  clock.advance(1000);
  pools.delete("api");
  pools.set("www", "zurich");
  reload();
  clock.advance(1000);
  stop();
  deepEqual(log.lines, []);
});
