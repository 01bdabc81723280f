import assert from "node:assert/strict";
import { Journal } from "../../lib/events/mod.ts";
import { MemoryKeeping } from "../../lib/simulation/mod.ts";
import { Keeper } from "../../lib/state/mod.ts";
import { Bench, sketch } from "../checker/support/bench.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { steer } from "../support/steer.ts";
import { until } from "../support/until.ts";

const names = Array.from({ length: 130 }, (_, i) => `b${i}`);
const config = sketch({
  backends: Object.fromEntries(names.map((name) => [name, {}])),
  frontends: { f: [{ b0: 100, b1: 50 }] },
});

/** A keeper that finds each turn over, and what it does in a pause, of which the first is 1. */
async function impatient(keeping: MemoryKeeping, pause: (n: number, keeper: Keeper) => void) {
  const bench = new Bench(config);
  const journal = new Journal(bench.stream);
  const keeper = new Keeper({ keeping, clock: bench.clock, log: new RecordedLog(), journal });
  await keeper.open();
  let pauses = 0;
  const next = () => Promise.resolve(pause(++pauses, keeper));
  bench.clock.turn = { isOver: true, next };
  keeper.follow(bench.checker);
  bench.clock.advance(0);
  return {
    ...{ bench, keeper },
    get pauses() {
      return pauses;
    },
    async [Symbol.asyncDispose]() {
      await keeper.close();
      bench[Symbol.dispose]();
    },
  };
}

Deno.test("looking at all backends, and making a batch of them, gives way to others", async () => {
  const keeping = new MemoryKeeping();
  await using kept = await impatient(keeping, () => {});
  await until(() => keeping.backends.size === names.length);
  assert.equal(kept.pauses, Math.floor(130 / 64) + 130 + 1, "each 64, then each that is written");
});

Deno.test("what is said while a batch is being made is kept by the next", async () => {
  const keeping = new MemoryKeeping();
  const asked: Promise<string | undefined>[] = [];
  await using kept = await impatient(keeping, (n, keeper) => {
    if (n !== 10) return;
    steer(kept.bench.checker).pause("b0");
    asked.push(keeper.kept({ backends: ["b0"], frontends: [] }));
  });
  await until(() => asked.length > 0);
  assert.deepEqual(await Promise.all(asked), [undefined]);
  assert.equal(keeping.backends.get("b0")?.state, "paused");
});
