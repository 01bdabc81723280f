import assert from "node:assert/strict";
import { RunLog } from "../../lib/simulation/daemon.ts";
import { FakeClock } from "../../lib/time/mod.ts";

Deno.test("every line has its moment, and nothing that another run would have otherwise", () => {
  const clock = new FakeClock();
  const log = new RunLog(clock, true);
  const start = clock.now();
  log.note("begun");
  clock.advance(1.5);
  log.info("backend-state", { from: "up", to: undefined, stack: "at x.ts:1", count: 2 });
  log.debug("probe-done");
  const moment = (ms: number) => (start + ms).toFixed(3).padStart(12);
  assert.deepEqual(log.lines, [
    `${moment(0)} --- begun`,
    `${moment(1.5)} info backend-state from=up count=2`,
  ]);
  assert.deepEqual([log.enabled("debug"), log.enabled("info")], [false, true]);
});

Deno.test("errors are noted where nobody reads, those that the simulation brings about are not", () => {
  const log = new RunLog(new FakeClock(), false);
  log.note("begun");
  log.warn("vpp-altered");
  log.error("probing-impaired");
  log.error("checker-observer-failed", { err: "odd" });
  assert.deepEqual(log.lines, []);
  assert.equal(log.errors.length, 1);
  assert.match(log.errors[0] ?? "", / error checker-observer-failed err=odd$/);
});
