import assert from "node:assert/strict";
import { BackendEntry } from "../../lib/checker/backend.ts";
import type { BackendState } from "../../lib/health/mod.ts";
import { Board, newPart } from "../../lib/probing/board.ts";
import { kindOf } from "../../lib/probing/job.ts";
import { ip } from "../support/ip.ts";
import { steer } from "../support/steer.ts";
import { Bench, fail, httpCheck, pass, sketch } from "./support/bench.ts";

/** One that was just made. */
function backend(): BackendEntry {
  const [check, address] = [httpCheck("web"), ip("10.0.0.1")];
  const target = { backend: "a", address, check, netns: "" };
  const config = { name: "a", address, healthcheck: "web", enabled: true };
  return new BackendEntry(config, target, 0);
}

/** What is said of the health of a backend whose probes have come to `found` meanwhile. */
function shown(state: BackendState, counter: number, found: number): string {
  const entry = backend();
  const board = new Board();
  board.grow(newPart());
  board.note(0, entry.job.revision, found, fail, 0);
  entry.job.place = { board, row: 0, kind: kindOf(entry.job.target) };
  entry.health = { state, counter };
  return `${entry.health.state} ${entry.health.counter}`;
}

Deno.test("the counter is the one that probes have come to, unless a change of state is on its way", () => {
  // Rise 2 and fall 3: from 2 up it is healthy.
  assert.deepEqual([shown("up", 4, 3), shown("up", 4, 2), shown("up", 4, 1)], [
    ...["up 3", "up 2", "up 4"],
  ]);
  assert.deepEqual([shown("down", 0, 1), shown("down", 0, 4)], ["down 1", "down 0"]);
  assert.deepEqual([shown("unknown", 1, 0), shown("paused", 0, 1)], ["unknown 1", "paused 0"]);
});

Deno.test("changes count for 10 minutes, a hundred of them at most", () => {
  const entry = backend();
  const change = (at: number) => entry.remember({ from: "up", to: "down", at }, 5);
  const count = (now: number) => entry.trend(now).changes;
  change(1_000);
  change(2_000);
  assert.deepEqual([count(2_000), count(600_999), count(601_000)], [2, 2, 1]);
  change(602_000);
  assert.equal(count(602_000), 1);
  for (let at = 602_001; at < 602_150; at++) change(at);
  assert.equal(count(602_150), 100);
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
