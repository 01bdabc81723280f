import assert from "node:assert/strict";
import { atOnce } from "../../lib/time/mod.ts";
import { deltaOf, hear } from "../../lib/web/delta.ts";
import type { Affected } from "../../lib/web/draft.ts";
import { fold } from "../../lib/web/reduce.ts";
import type { MaglevdState } from "../../lib/web/state.ts";
import type { Check, Delta, JournalEntry, Status, Step } from "../../lib/web/wire.ts";
import { backendOf, frontendOf, membersOf, sampleState } from "./support/sample_state.ts";

const all: Affected = {
  backends: new Set(["web0", "web1", "web2"]),
  frontends: new Set(["www", "mail"]),
};

/** What differs, which makes the one of the other when it has travelled. */
function between(
  before: MaglevdState,
  after: MaglevdState,
  affected = all,
): Omit<Delta, "kind"> | undefined {
  const delta = atOnce(deltaOf(before, after, affected));
  if (!delta) {
    assert.deepEqual(before, after);
    return undefined;
  }
  const travelled: Delta = JSON.parse(JSON.stringify(delta));
  assert.deepEqual(hear(before, [travelled]), after);
  const { kind, ...rest } = travelled;
  assert.equal(kind, "delta");
  return rest;
}

function put(state: MaglevdState, ...backends: ReturnType<typeof backendOf>[]): MaglevdState {
  return fold(state, [{ kind: "reading", backends }]);
}

Deno.test("a backend that moved is told by its state alone, and what the probe saw if one did it", () => {
  const before = sampleState();
  for (const because of [[], ["L4TOUT"], ["L7STS", "status 503"]] as const) {
    const [code = "", detail = ""] = because;
    const moved = hear(before, [{ kind: "delta", moved: [["web0", "down", 9, code, detail]] }]);
    assert.deepEqual(between(before, moved), { moved: [["web0", "down", 9, ...because]] });
    assert.deepEqual(membersOf(moved).map(({ state }) => state), ["down", "up", "down"]);
    assert.deepEqual(moved.backends.get("web0")?.transitions.map(({ from, to }) => [from, to]), [
      ...[["up", "down"], ["unknown", "up"]],
    ]);
  }
});

Deno.test("what else is other than before is told field by field, what is new as a whole", () => {
  const before = sampleState();
  assert.equal(between(before, put(before, backendOf("web0"))), undefined);
  const drain = { sinceUnixNs: 7n };
  const changed = put(before, backendOf("web0", { enabled: true, drain }), backendOf("web2"));
  const told = between(before, changed);
  const parts = told?.backends?.["web0"];
  assert.deepEqual(Object.keys(parts?.set ?? {}).sort(), ["drain", "enabled"]);
  assert.equal(parts?.gone, undefined);
  assert.deepEqual(Object.keys(told ?? {}), ["reading", "backends"]);
  assert.deepEqual(told?.reading?.backends?.map(({ name }) => name), ["web2"]);
  // A field that is no more is told by its name.
  assert.deepEqual(between(changed, put(changed, backendOf("web0", { enabled: true }))), {
    backends: { web0: { gone: ["drain"] } },
  });
  const gone = fold(changed, [
    { kind: "reading", goneBackends: ["web2"], goneFrontends: ["www"] },
  ]);
  assert.deepEqual(between(changed, gone), {
    reading: { goneBackends: ["web2"], goneFrontends: ["www"] },
  });
});

Deno.test("of a frontend those members are told that changed, unless pools are others", () => {
  const before = sampleState();
  const www = (pools: readonly [string, ...string[]][], description = "") => {
    const read = frontendOf("www", {
      description,
      pools: pools.map(([name, ...members]) => ({
        name,
        backends: members.map((name) => ({
          ...{ name, weight: 100, effectiveWeight: 50, state: "up", sinceUnixNs: 5n },
        })),
      })),
    });
    return between(before, fold(before, [{ kind: "reading", frontends: [read] }]));
  };
  const same: [string, ...string[]][] = [["main", "web0", "web1"], ["spare", "web0"]];
  assert.equal(www(same), undefined);
  assert.deepEqual(www(same, "x"), { frontends: { www: { set: { description: "x" } } } });
  for (
    const pools of [
      [["main", "web0", "web1"]],
      [["main", "web0", "web1"], ["other", "web0"]],
      [["main", "web0"], ["spare", "web0"]],
      [["main", "web1", "web0"], ["spare", "web0"]],
      [...same, ["last", "web1"]],
    ] as [string, ...string[]][][]
  ) {
    const told = www(pools);
    assert.deepEqual(Object.keys(told ?? {}), ["reading"], JSON.stringify(pools));
    assert.equal(told?.reading?.frontends?.length, 1);
  }
  const heavier = hear(before, [{
    kind: "delta",
    members: { www: [[0, 1, { set: { weight: 7 } }], [1, 0, { set: { weight: 8 } }]] },
  }]);
  assert.deepEqual(membersOf(heavier).map(({ weight }) => weight), [100, 7, 8]);
  assert.deepEqual(between(before, heavier), {
    members: { www: [[0, 1, { set: { weight: 7 } }], [1, 0, { set: { weight: 8 } }]] },
  });
  // What was told of members that are no more is nothing.
  assert.deepEqual(
    hear(before, [{
      kind: "delta",
      members: { www: [[2, 0, { set: { weight: 1 } }], [0, 2, {}]] },
    }])
      .frontends.get("www"),
    before.frontends.get("www"),
  );
});

Deno.test("of those that are not affected nothing is told, but for frontends whose backend moved", () => {
  const before = sampleState();
  const after = put(before, backendOf("web1", { enabled: true }));
  const few = { backends: new Set(["web0"]), frontends: new Set<string>() };
  assert.equal(atOnce(deltaOf(before, after, few)), undefined);
  const members = { www: [[0, 0, { set: { reason: "down" } }]] } as const;
  const heard = hear(before, [{ kind: "delta", moved: [["web0", "down", 9]], members }]);
  assert.deepEqual(between(before, heard, few), { moved: [["web0", "down", 9]], members });
});

Deno.test("of the states of a frontend those are told that are new, and how many are no more", () => {
  const steps = (...all: readonly Step[]): MaglevdState => ({
    ...sampleState(),
    steps: new Map(all.length > 0 ? [["www", all]] : []),
  });
  const [a, b, c]: [Step, Step, Step] = [[1, "up"], [2, "down"], [3, "up"]];
  const told = (before: MaglevdState, after: MaglevdState) =>
    between({ ...sampleState(), steps: before.steps }, { ...sampleState(), steps: after.steps })
      ?.steps?.["www"];
  assert.deepEqual(told(steps(a), steps(a, b)), [0, [b]]);
  assert.deepEqual(told(steps(a, b), steps(b, c)), [1, [c]]);
  assert.deepEqual(told(steps(a, b), steps(b)), [1, []]);
  assert.deepEqual(told(steps(), steps(a)), [0, [a]]);
  assert.deepEqual(told(steps(a, b), steps(c)), [2, [c]]);
  // One that has become another in the middle is told anew.
  assert.deepEqual(told(steps(a, b, c), steps(a, c)), [3, [a, c]]);
  assert.deepEqual(told(steps(a, b), steps([1, "down"])), [2, [[1, "down"]]]);
  assert.deepEqual(told(steps(a, b), steps()), [2, []]);
  const same = steps(a);
  assert.equal(told(same, { ...same, steps: new Map(same.steps) }), undefined);
});

Deno.test("of the journal what is new is told, the whole where nothing of before is in it", () => {
  const entry = (seq: number): JournalEntry => ({
    ...{ seq, at: seq, kind: "", backend: "", frontend: "", actor: "", what: "", why: "", to: "" },
  });
  const [one, two, three] = [entry(1), entry(2), entry(3)];
  const told = (before: readonly JournalEntry[], after: readonly JournalEntry[]) => {
    const state = sampleState();
    return between({ ...state, journal: before }, { ...state, journal: after });
  };
  assert.deepEqual(told([], [two, one]), { entries: [two, one] });
  assert.deepEqual(told([one], [three, two, one]), { entries: [three, two] });
  assert.equal(told([two, one], [two, one]), undefined);
  assert.deepEqual(told([one], [three, two]), { reading: { journal: [three, two] } });
});

Deno.test("what is no table is told where it is another", () => {
  const before = sampleState();
  const vpp = { unavailable: "VPP is away" };
  const after = { ...before, vpp, readAt: 7 };
  assert.deepEqual(between(before, after), { reading: { at: 7, vpp } });
  assert.deepEqual(between(after, { ...after, readAt: 8 }), { reading: { at: 8 } });
  const status = { warmup: "over" } as Status;
  const checks = new Map([["web", { name: "web" } as Check]]);
  const known = { ...after, status, checks };
  assert.deepEqual(between(after, known), { reading: { status, checks: [{ name: "web" }] } });
  assert.deepEqual(between(known, { ...known, readAt: 8 }), { reading: { at: 8 } });
});
