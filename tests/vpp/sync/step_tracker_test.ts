import assert from "node:assert/strict";
import type { MaglevEvent } from "../../../lib/events/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { StepTracker, summaryOf } from "../../../lib/vpp/sync/step_tracker.ts";

/** A tracker, what it told, and the seconds since it began. */
class Tracking {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly tracker = new StepTracker(this.clock, {
    emit: (events) => {
      for (const one of events) {
        assert.equal(one.kind, "vpp");
        const { change, detail, cause } = one as Extract<MaglevEvent, { kind: "vpp" }>;
        assert.deepEqual(cause, { kind: "vpp" });
        this.told.push(`${change} ${detail}`.trimEnd());
      }
    },
  });
  readonly #begun = this.clock.wall();

  /** In step or not, since when, and when looked at. */
  get state() {
    const { inStep, since, checkedAt, differs } = this.tracker.state;
    const seconds = (wall: number) => wall === 0 ? "never" : (wall - this.#begun) / 1000;
    return [inStep, seconds(since), seconds(checkedAt), [...differs]];
  }
}

Deno.test("VPP is not in step before everything was looked at", () => {
  const { clock, tracker, told } = new Tracking();
  const tracking = new Tracking();
  assert.deepEqual(tracking.state, [false, 0, "never", []]);
  tracking.clock.advance(1_000);
  tracking.tracker.checked();
  tracking.tracker.settled(false);
  assert.deepEqual(tracking.state, [false, 0, 1, []]);
  tracking.clock.advance(1_000);
  tracking.tracker.settled(true);
  tracking.clock.advance(1_000);
  tracking.tracker.settled(true);
  assert.deepEqual(tracking.state, [true, 2, 1, []]);
  assert.deepEqual(tracking.told, ["in-step"]);
  assert.deepEqual([clock.pending, told, tracker.differences], [0, [], []]);
});

Deno.test("what differs is told when it changes, and since when is kept", () => {
  const tracking = new Tracking();
  const { tracker, clock, told } = tracking;
  tracker.note("a", "a: refused");
  tracker.settled(false);
  assert.deepEqual(tracking.state, [false, 0, "never", ["a: refused"]]);
  clock.advance(1_000);
  tracker.settled(false);
  tracker.note("b", "b: refused");
  tracker.settled(true);
  assert.deepEqual(tracking.state, [false, 0, "never", ["a: refused", "b: refused"]]);
  assert.equal(tracker.difference("b"), "b: refused");
  tracker.note("a", undefined);
  tracker.note("b", undefined);
  assert.deepEqual(tracking.state[3], ["a: refused", "b: refused"], "nothing is settled yet");
  clock.advance(1_000);
  tracker.settled(true);
  assert.deepEqual(tracking.state, [true, 2, "never", []]);
  clock.advance(1_000);
  tracker.note("a", "a: refused");
  tracker.settled(true);
  assert.deepEqual(tracking.state, [false, 3, "never", ["a: refused"]]);
  assert.deepEqual(told, [
    "out-of-step a: refused",
    "out-of-step a: refused; b: refused",
    "in-step",
    "out-of-step a: refused",
  ]);
});

Deno.test("what differs no more is not named any longer, though not everything was looked at", () => {
  const tracking = new Tracking();
  const { tracker, told } = tracking;
  tracker.note("a", "a: refused");
  tracker.settled(false);
  tracker.note("a", undefined);
  tracker.settled(false);
  assert.deepEqual(tracking.state, [false, 0, "never", []]);
  tracker.note("a", "a: refused");
  tracker.settled(false);
  tracker.note("a", undefined);
  tracker.settled(true);
  assert.deepEqual(told, ["out-of-step a: refused", "out-of-step a: refused", "in-step"]);
});

Deno.test("of VIPs only those that are named go on differing, the settings by themselves", () => {
  const { tracker } = new Tracking();
  tracker.note("a", "a: refused");
  tracker.note("b", "b: refused");
  tracker.noteSettings("global settings: refused");
  tracker.keepOnly(new Set(["b"]));
  assert.deepEqual(tracker.differences, ["b: refused", "global settings: refused"]);
  tracker.keepOnly(new Map());
  assert.deepEqual(tracker.differences, ["global settings: refused"]);
  tracker.noteSettings(undefined);
  assert.deepEqual(tracker.differences, []);
});

Deno.test("a summary names five", () => {
  const of = (length: number) => summaryOf(["a", "b", "c", "d", "e", "f", "g"].slice(0, length));
  assert.equal(of(0), "");
  assert.equal(of(1), "a");
  assert.equal(of(5), "a; b; c; d; e");
  assert.equal(of(6), "a; b; c; d; e; and 1 more");
  assert.equal(of(7), "a; b; c; d; e; and 2 more");
});
