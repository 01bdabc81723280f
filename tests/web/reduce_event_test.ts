import { create, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { EventSchema } from "../../lib/gen/maglev_pb.ts";
import { Draft } from "../../lib/web/draft.ts";
import { foldEvent } from "../../lib/web/reduce_event.ts";
import type { MaglevdState } from "../../lib/web/state.ts";
import { toWire } from "../../lib/web/to_wire.ts";
import { membersOf, sampleState } from "./support/sample_state.ts";

type Is = MessageInitShape<typeof EventSchema>["event"];

/** What is known after these events of 7 ms after the epoch. */
function after(events: readonly Is[], before = sampleState()): MaglevdState {
  const draft = new Draft(before);
  for (const event of events) {
    const actor = { name: "ada" };
    const message = create(EventSchema, { atUnixNs: 7_000_000n, actor, ...event && { event } });
    foldEvent(draft, toWire(message));
  }
  return draft.done();
}

const transition = (to: string, atUnixNs = 7_000_000n) => ({ from: "up", to, atUnixNs });
const weights = { frontendName: "www", poolName: "main", backendName: "web0" };

Deno.test("a backend that moves does so wherever it is a member, and remembers how it came to that", () => {
  const value = { backendName: "web0", transition: transition("down") };
  const state = after([{ case: "backend", value }]);
  const web0 = state.backends.get("web0");
  assert.deepEqual([web0?.state, web0?.sinceUnixNs], ["down", 7_000_000]);
  assert.deepEqual(web0?.transitions.map(({ to }) => to), ["down", "up"]);
  assert.deepEqual(
    membersOf(state).map(({ name, state, sinceUnixNs }) => [name, state, sinceUnixNs]),
    [["web0", "down", 7_000_000], ["web1", "up", 5], ["web0", "down", 7_000_000]],
  );
  const often = Array.from({ length: 9 }, (_, i) => ({
    case: "backend" as const,
    value: { backendName: "web0", transition: transition(`s${i}`) },
  }));
  assert.deepEqual(
    after(often).backends.get("web0")?.transitions.map(({ to }) => to),
    ["s8", "s7", "s6", "s5", "s4"],
  );
  const removed = after([{
    case: "backend",
    value: { ...value, transition: transition("removed") },
  }]);
  assert.deepEqual([...removed.backends.keys()], ["web1"]);
  const before = sampleState();
  assert.equal(after([{ case: "backend", value: { backendName: "web0" } }], before), before);
});

Deno.test("a frontend's state is a step from when it is told, of an older maglevd from when it was", () => {
  const value = { frontendName: "www", transition: transition("down", 3_000_000n) };
  const state = after([{ case: "frontend", value }]);
  const www = state.frontends.get("www");
  assert.deepEqual([www?.state, www?.activePool], ["down", "main"], "which it does not tell");
  assert.deepEqual(state.steps.get("www"), [[7, "down"]]);
  const draft = new Draft(sampleState());
  const message = create(EventSchema, { event: { case: "frontend", value } });
  foldEvent(draft, toWire(message));
  assert.deepEqual(draft.done().steps.get("www"), [[3, "down"]]);
  const pool = { frontendName: "www", from: "main", to: "spare" };
  assert.equal(after([{ case: "pool", value: pool }]).frontends.get("www")?.activePool, "spare");
  const removed = after([
    { case: "frontend", value },
    { case: "frontend", value: { ...value, transition: transition("removed") } },
  ]);
  assert.deepEqual([removed.frontends.size, removed.steps.size], [0, 0]);
});

Deno.test("a weight is that of one pool, as far as it was told", () => {
  const of = (more: object) => {
    const state = after([{ case: "weight", value: { ...weights, ...more } }]);
    return membersOf(state).map(({ weight, effectiveWeight }) => [weight, effectiveWeight]);
  };
  const others = [[100, 50], [100, 50]];
  const set = (weight: number) => ({ kind: "set", weight });
  assert.deepEqual(of({ configuredTo: set(7) }), [[7, 50], ...others]);
  assert.deepEqual(of({ effectiveTo: set(7) }), [[100, 7], ...others]);
  assert.deepEqual(of({ configuredTo: set(0), effectiveTo: set(0) }), [[0, 0], ...others]);
  assert.deepEqual(of({ configuredTo: { kind: "kept" } }), [[100, 50], ...others]);
  assert.deepEqual(of({ effectiveTo: { kind: "kept", weight: 9 } }), [[100, 0], ...others]);
  assert.deepEqual(of({}), [[100, 50], ...others]);
  // A weight that is not there is 0 on the wire.
  const bare = { kind: "set" };
  assert.deepEqual(of({ configuredTo: bare, effectiveTo: bare }), [[0, 0], ...others]);
});

Deno.test("a drain begins, may be drained, and ends", () => {
  const drain = (change: string) =>
    ({ case: "drain", value: { change, backendName: "web0" } }) as const;
  const of = (...changes: readonly string[]) =>
    after(changes.map(drain)).backends.get("web0")?.drain;
  const begun = { sinceUnixNs: 7_000_000, deadlineUnixNs: 0, drainedUnixNs: 0 };
  assert.partialDeepStrictEqual(of("begun"), { ...begun, actor: { name: "ada" } });
  assert.partialDeepStrictEqual(of("begun", "drained"), { ...begun, drainedUnixNs: 7_000_000 });
  assert.equal(of("begun", "drained", "begun")?.drainedUnixNs, 0);
  // Whoever came later has not heard that it began.
  assert.partialDeepStrictEqual(of("drained"), { ...begun, drainedUnixNs: 7_000_000 });
  assert.deepEqual([of("begun", "ended"), of("ended")], [undefined, undefined]);
  // What was read of it, a deadline say, stays.
  const before = sampleState();
  const web0 = before.backends.get("web0");
  assert.ok(web0);
  const known = { ...begun, deadlineUnixNs: 9_000_000 };
  const reading = { ...before, backends: new Map([["web0", { ...web0, drain: known }]]) };
  assert.partialDeepStrictEqual(after([drain("drained")], reading).backends.get("web0")?.drain, {
    ...{ deadlineUnixNs: 9_000_000, drainedUnixNs: 7_000_000 },
  });
});

Deno.test("measures of safety begin and end where they are", () => {
  const names = { frontendName: "www", backendName: "web0" };
  const of = (measure: string, ...changes: readonly string[]) => {
    const state = after(changes.map((change) => ({
      case: "safety",
      value: { measure, change, ...names },
    })));
    return {
      open: state.frontends.get("www")?.failOpenSinceUnixNs,
      starts: membersOf(state).map(({ slowStartPercent }) => slowStartPercent),
      hold: state.backends.get("web0")?.flapHold,
    };
  };
  const none = { open: 0, starts: [0, 0, 0], hold: undefined };
  assert.deepEqual(of("fail-open", "begun"), { ...none, open: 7_000_000 });
  assert.deepEqual(of("slow-start", "begun"), { ...none, starts: [1, 0, 1] });
  // For how long is read a moment later.
  const hold = { sinceUnixNs: 7_000_000, untilUnixNs: 0, passing: false };
  assert.deepEqual(of("flap-hold", "begun"), { ...none, hold });
  for (const measure of ["fail-open", "slow-start", "flap-hold"]) {
    assert.deepEqual(of(measure, "begun", "ended"), none, measure);
  }
});

Deno.test("of a slow start that was read before what was read stays", () => {
  const before = sampleState();
  const draft = new Draft(before);
  draft.member("www", "main", "web0", (member) => ({ ...member, slowStartPercent: 40 }));
  const value = {
    ...{ measure: "slow-start", change: "begun", frontendName: "www", backendName: "web0" },
  };
  const state = after([{ case: "safety", value }], draft.done());
  assert.deepEqual(membersOf(state).map(({ slowStartPercent }) => slowStartPercent), [40, 0, 1]);
});

Deno.test("of what the status tells, no event changes anything", () => {
  const before = sampleState();
  for (const name of ["vpp", "reload", "audit", "operator", "probing"] as const) {
    assert.equal(after([{ case: name, value: {} }], before), before, name);
  }
});
