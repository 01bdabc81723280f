import assert from "node:assert/strict";
import { limitedRecords, rateOf } from "../../lib/daemon/log_rates.ts";
import { logEvents } from "../../lib/events/mod.ts";
import { LimitedLog } from "../../lib/log/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { readPage } from "../docs/support/pages.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { RecordedLog } from "../support/recorded_log.ts";

Deno.test("a backend that flaps for an hour is told at a limited rate, and its events are complete", () => {
  using bed = new CheckerBed();
  using log = new LimitedLog(bed.log, bed.clock, rateOf);
  logEvents(bed.stream, log);
  const [begun, first] = [bed.clock.now(), bed.events.length];
  let transitions = 0;
  while (bed.clock.now() - begun < 3_600_000) {
    bed.move("web0", "down");
    bed.move("web0", "up");
    transitions += 2;
  }
  assert.ok(transitions > 200, `${transitions} transitions`);
  const told = bed.events.slice(first).filter(({ kind }) => kind === "backend");
  assert.ok(told.length >= transitions);
  const written = bed.log.named("backend-transition").length;
  const summaries = bed.log.named("log-limited")
    .filter(({ record }) => record === "backend-transition");
  assert.ok(written <= 7 * 20 + 20, `${written} records of transitions`);
  assert.ok(summaries.length <= 61, `${summaries.length} summaries`);
  assert.equal(summaries[0]?.backend, "web0");
  const ofFrontends = bed.log.named("frontend-transition").length;
  assert.ok(ofFrontends <= 2 * 8 * 20, `${ofFrontends} records of the two frontends`);
  log[Symbol.dispose]();
  const counted = bed.log.named("log-limited")
    .filter(({ record }) => record === "backend-transition")
    .reduce((sum, { suppressed }) => sum + Number(suppressed), 0);
  assert.equal(counted + bed.log.named("backend-transition").length, told.length);
});

Deno.test("what is about different things is counted apart", () => {
  const clock = new FakeClock();
  const recorded = new RecordedLog();
  using log = new LimitedLog(recorded, clock, rateOf);
  for (let i = 0; i < 25; i++) {
    for (const frontends of [["a", "b"], ["b"]]) {
      log.info("vpp-lbsync-start", { scope: "vip", frontends });
    }
    log.info("vpp-lbsync-start", { scope: "all" });
    for (const address of ["10.0.0.1", "10.0.0.2"]) {
      log.info("vpp-lbsync-as-weight", { vip: "192.0.2.1/32", protocol: "tcp", port: 80, address });
    }
    for (const backend of ["b1", "b2"]) {
      log.info("operator-action", { action: "pause", backend, frontend: undefined });
    }
    log.info("vpp-lbsync-vip-add", { vip: "192.0.2.1/32" });
  }
  const count = (msg: string) => recorded.named(msg).length;
  assert.deepEqual(
    ["vpp-lbsync-start", "vpp-lbsync-as-weight", "operator-action", "vpp-lbsync-vip-add"].map(
      count,
    ),
    [60, 40, 40, 25],
  );
});

Deno.test("counters that come and go are told at a limited rate", () => {
  const recorded = new RecordedLog();
  using log = new LimitedLog(recorded, new FakeClock(), rateOf);
  for (let i = 0; i < 25; i++) {
    log.warn("vpp-stats-unreadable", { err: `the stats segment has version ${i}` });
    log.info("vpp-stats-readable");
  }
  const written = ["vpp-stats-unreadable", "vpp-stats-readable"].map((name) =>
    recorded.named(name).length
  );
  assert.deepEqual(written, [20, 20]);
});

Deno.test("all records with a limited rate are records that there are", async () => {
  const pages = await Promise.all(["docs/user-guide.md", "docs/troubleshooting.md"].map(readPage));
  const known = pages.join("\n");
  for (const name of limitedRecords) assert.ok(known.includes(`\`${name}\``), name);
});
