import assert from "node:assert/strict";
import { BackendEntry } from "../../lib/checker/backend.ts";
import type { BackendState } from "../../lib/health/mod.ts";
import { Board, newPart } from "../../lib/probing/board.ts";
import { kindOf } from "../../lib/probing/job.ts";
import { fail, httpCheck } from "./support/bench.ts";
import { ip } from "../support/ip.ts";

/** What is said of the health of a backend whose probes have come to `found` meanwhile. */
function shown(state: BackendState, counter: number, found: number): string {
  const [check, address] = [httpCheck("web"), ip("10.0.0.1")];
  const target = { backend: "a", address, check, netns: "" };
  const config = { name: "a", address, healthcheck: "web", enabled: true };
  const entry = new BackendEntry(config, target, 0);
  const board = new Board();
  board.grow(newPart());
  board.note(0, entry.job.revision, found, fail, 0);
  entry.job.place = { board, row: 0, kind: kindOf(target) };
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
