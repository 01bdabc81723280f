import assert from "node:assert/strict";
import { Journal } from "../../lib/events/mod.ts";
import { MemoryKeeping } from "../../lib/simulation/mod.ts";
import { Keeper } from "../../lib/state/mod.ts";
import { Bench, sketch } from "../checker/support/bench.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { until } from "../support/until.ts";

const names = Array.from({ length: 130 }, (_, i) => `b${i}`);
const config = sketch({
  backends: Object.fromEntries(names.map((name) => [name, {}])),
  frontends: { f: [{ b0: 100, b1: 50 }] },
});

/** A keeper that finds each turn over, and what it does in a pause, of which the first is 1. */
async function impatient(keeping: MemoryKeeping, pause: (n: number, bench: Bench) => void) {
  const bench = new Bench(config);
  const journal = new Journal(bench.stream);
  const keeper = new Keeper({ keeping, clock: bench.clock, log: new RecordedLog(), journal });
  await keeper.open();
  let pauses = 0;
  const next = () => Promise.resolve(pause(++pauses, bench));
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

Deno.test("looking at all backends gives way to others", async () => {
  const keeping = new MemoryKeeping();
  await using kept = await impatient(keeping, () => {});
  await until(() => keeping.backends.size === names.length);
  assert.equal(kept.pauses, Math.floor(130 / 64), "each 64");
});

Deno.test("what is said of several at one stroke is kept of all of them, or of none", async () => {
  const keeping = new MemoryKeeping();
  const states: string[] = [];
  const write = keeping.write.bind(keeping);
  keeping.write = async (batch) => {
    const written = await write(batch);
    states.push(["b0", "b129"].map((name) => keeping.backends.get(name)?.state).join());
    return written;
  };
  await using _kept = await impatient(keeping, (n, { checker }) => {
    // In the look at all, and where others have their turn while a batch is made.
    const action = ({ 1: "pause", 10: "resume" } as const)[n];
    if (action) checker.operate(["b0", "b129"].map((backend) => ({ action, backend })));
  });
  await until(() => states.length > 0);
  assert.deepEqual(states, ["paused,paused"]);
});
