import assert from "node:assert/strict";
import { RecentChanges } from "../../lib/checker/recent_changes.ts";
import { steer } from "../support/steer.ts";
import { Bench, fail, pass, sketch } from "./support/bench.ts";

Deno.test("changes count for 10 minutes, a hundred of them at most", () => {
  let changes = new RecentChanges([1_000, 2_000]);
  assert.equal(changes.count(2_000), 2);
  assert.equal(changes.count(600_999), 2);
  assert.equal(changes.count(601_000), 1);
  changes = changes.and(602_000);
  assert.equal(changes.count(602_000), 1);
  for (let at = 602_001; at < 602_150; at++) changes = changes.and(at);
  assert.equal(changes.count(602_150), 100);
  assert.equal(new RecentChanges(Array(250).fill(7)).count(7), 100);
});

Deno.test("what operators do to a backend is no change of its own", () => {
  using bench = new Bench(sketch({ backends: { a: {} }, frontends: { f: [{ a: 100 }] } }));
  const changes = () => bench.checker.trend("a")?.changes;
  bench.probe("a", pass);
  for (let i = 0; i < 3; i++) {
    steer(bench.checker).pause("a");
    steer(bench.checker).resume("a");
    bench.probe("a", i === 2 ? fail : pass);
    steer(bench.checker).disable("a");
    steer(bench.checker).enable("a");
  }
  assert.equal(changes(), 0);
  bench.probe("a", pass);
  for (let i = 0; i < 3; i++) bench.probe("a", fail);
  assert.equal(changes(), 1);
});

Deno.test("a backend's changes of late go with its name, and outlive the process", async () => {
  const one = (name: string) =>
    sketch({ backends: { [name]: {} }, frontends: { f: [{ [name]: 100 }] } });
  using bench = new Bench(one("a"));
  const changes = (of: Bench, name: string) => of.checker.trend(name)?.changes;
  assert.equal(changes(bench, "a"), 0);
  bench.probe("a", pass);
  for (let i = 0; i < 3; i++) bench.probe("a", fail);
  for (let i = 0; i < 2; i++) bench.probe("a", pass);
  assert.equal(changes(bench, "a"), 2);
  await bench.reload(one("b"));
  assert.deepEqual([changes(bench, "a"), changes(bench, "b")], [undefined, 2]);
  const now = bench.clock.wall();
  const restored = {
    ...{ backends: new Map(), weights: new Map(), isHealthFresh: true },
    changes: new Map([["b", [now - 600_000, now - 1_000]]]),
  };
  using next = new Bench(one("b"), { restored });
  next.clock.advance(now - next.clock.wall());
  assert.equal(changes(next, "b"), 1);
});
