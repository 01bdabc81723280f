/** When what looks after VPP is complained of, and when not. */

import assert from "node:assert/strict";
import { FakeClock } from "../../../lib/time/mod.ts";
import { LinkWatch } from "../../../lib/vpp/link/link_watch.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

/** A watch, and what tells it the time. */
class Setup {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog();
  readonly watch = new LinkWatch(this.clock, this.log);

  /** Mistakes, the first now and one each 10 s, for so long. */
  mistakesFor(ms: number, err = "no such index"): void {
    this.watch.mistaken(new RangeError(err));
    for (let at = 0; at < ms; at += 10_000) {
      this.clock.advance(10_000);
      this.watch.mistaken(new RangeError(err));
    }
  }

  complaintAfter(ms: number): string | undefined {
    this.clock.advance(ms);
    return this.watch.complaint();
  }
}

Deno.test("what is waited for longer than a minute is complained of until it comes", () => {
  const setup = new Setup();
  assert.equal(setup.complaintAfter(100_000), undefined);
  setup.watch.awaiting("what VPP holds");
  assert.equal(setup.complaintAfter(60_000), undefined);
  assert.equal(setup.complaintAfter(1), "what VPP holds did not come for 60 s");
  assert.equal(setup.complaintAfter(30_000), "what VPP holds did not come for 90 s");
  setup.watch.awaiting("VPP's global settings");
  assert.equal(setup.complaintAfter(60_000), undefined);
  setup.watch.idle();
  assert.equal(setup.complaintAfter(60_001), undefined);
});

Deno.test("mistakes are complained of when they go on for over a minute", () => {
  const setup = new Setup();
  setup.mistakesFor(60_000);
  assert.equal(setup.watch.complaint(), undefined);
  assert.deepEqual(setup.log.records, []);
  assert.equal(
    setup.complaintAfter(1_000),
    "mistakes of maglevd have kept it from VPP for 61 s: no such index",
  );
  setup.watch.mistaken("another");
  setup.watch.awaiting("a connection to VPP");
  assert.equal(
    setup.complaintAfter(100_000),
    "mistakes of maglevd have kept it from VPP for 161 s: another",
    "they are what is told first",
  );
});

Deno.test("mistakes are told once a minute, loudly", () => {
  const setup = new Setup();
  setup.mistakesFor(130_000);
  assert.deepEqual(setup.log.lines, [
    "error vpp-neglected err=mistakes of maglevd have kept it from VPP for 70 s: no such index",
    "error vpp-neglected err=mistakes of maglevd have kept it from VPP for 130 s: no such index",
  ]);
});

Deno.test("a link at rest for half a minute has got over its mistakes", () => {
  const setup = new Setup();
  setup.mistakesFor(70_000);
  setup.watch.idle();
  assert.match(setup.complaintAfter(29_999) ?? "", /for 100 s/);
  setup.watch.awaiting("VPP's answers to changes");
  setup.watch.idle();
  assert.equal(setup.complaintAfter(1), undefined, "it came to rest before");
  setup.mistakesFor(60_000);
  assert.equal(setup.watch.complaint(), undefined, "and they count anew");
});

Deno.test("a link that comes to rest between its mistakes has not got over them", () => {
  const setup = new Setup();
  for (let at = 0; at <= 70_000; at += 10_000) {
    setup.watch.mistaken(new TypeError("no number"));
    setup.watch.idle();
    setup.clock.advance(10_000);
  }
  assert.match(setup.watch.complaint() ?? "", /for 80 s: no number$/);
});

Deno.test("a connection that ends for another reason ends what is said of mistakes", () => {
  const setup = new Setup();
  setup.mistakesFor(70_000);
  setup.watch.excused();
  assert.equal(setup.watch.complaint(), undefined);
  setup.mistakesFor(60_000);
  assert.equal(setup.watch.complaint(), undefined);
});
