import assert from "node:assert/strict";
import { Draft } from "../../lib/web/draft.ts";
import { type MaglevdState, stepsKept, stripMs } from "../../lib/web/state.ts";
import type { JournalEntry, Step } from "../../lib/web/wire.ts";
import { backendOf, membersOf, sampleState } from "./support/sample_state.ts";

function entry(seq: number): JournalEntry {
  const names = { kind: "", backend: "", frontend: "", actor: "", what: "", why: "", to: "" };
  return { seq, at: seq, ...names };
}

Deno.test("what is written to is told by its name, and what is not there is not written to", () => {
  const before = sampleState();
  const draft = new Draft(before);
  draft.backend("nobody", () => assert.fail());
  draft.frontend("nobody", () => assert.fail());
  draft.member("nobody", undefined, "web0", () => assert.fail());
  draft.member("www", "main", "nobody", () => assert.fail());
  draft.member("www", "nowhere", "web0", () => assert.fail());
  draft.move("nobody", { to: "down", atUnixNs: 9, code: "", detail: "" });
  draft.pulse(1, ["nobody", true, "L4OK", 1]);
  draft.run();
  assert.deepEqual([draft.done() === before, draft.affected], [
    ...[true, { backends: new Set(), frontends: new Set() }],
  ]);
  draft.member("www", "spare", "web0", (member) => ({ ...member, weight: 1 }));
  draft.removeBackend("web1");
  assert.deepEqual(draft.affected, {
    ...{ backends: new Set(["web1"]), frontends: new Set(["www"]) },
  });
  assert.deepEqual(membersOf(draft.done()).map(({ weight }) => weight), [100, 100, 1]);
  assert.deepEqual(membersOf(before).map(({ weight }) => weight), [100, 100, 100]);
});

Deno.test("members are copied once, and changed where they stand, also behind another order", () => {
  const draft = new Draft(sampleState());
  const heavier = () =>
    draft.member("www", "main", "web1", (member) => ({ ...member, weight: member.weight + 1 }));
  heavier();
  const pools = draft.done().frontends.get("www")?.pools;
  heavier();
  assert.equal(draft.done().frontends.get("www")?.pools, pools);
  assert.deepEqual(membersOf(draft.done()).map(({ weight }) => weight), [100, 102, 100]);
  draft.frontend("www", (each) => ({
    ...each,
    pools: each.pools.map((pool) => ({ ...pool, backends: pool.backends.toReversed() })),
  }));
  heavier();
  assert.deepEqual(membersOf(draft.done()).map(({ name, weight }) => [name, weight]), [
    ...[["web1", 103], ["web0", 100], ["web0", 100]],
  ]);
});

Deno.test("a probe is the last one; its detail stays for as long as it sees the same", () => {
  const lastProbe = { ok: false, code: "L7STS", detail: "status 503" };
  const before: MaglevdState = {
    ...sampleState(),
    backends: new Map([["web0", backendOf("web0", { lastProbe })]]),
    durations: new Map([["web0", [1]], ["other", [2]]]),
    running: new Map([["web0", 5], ["web1", 6]]),
  };
  const after = (code: string, ok: boolean, ms: number) => {
    const draft = new Draft(before);
    draft.pulse(4, ["web0", ok, code, ms]);
    return draft.done();
  };
  assert.deepEqual(after("L7STS", false, 2).backends.get("web0")?.lastProbe, {
    ...{ ok: false, code: "L7STS", detail: "status 503", durationNs: 2e6, atUnixNs: 4e6 },
  });
  assert.equal(after("L7OK", true, 2).backends.get("web0")?.lastProbe?.detail, "");
  assert.deepEqual(after("L7OK", true, 2).durations?.get("web0"), [1, 2]);
  // One that took no time is known to have failed.
  assert.deepEqual(after("L7STS", false, 0).durations?.get("web0"), [1, -0.001]);
  const draft = new Draft(before);
  draft.removeBackend("web0");
  const { backends, durations, running } = draft.done();
  assert.deepEqual([backends.size, [...durations?.keys() ?? []], [...running.keys()]], [
    ...[0, ["other"], ["web1"]],
  ]);
});

Deno.test("entries come before those that are known, unless all were read anew", () => {
  const draft = new Draft({ ...sampleState(), journal: [entry(1)] });
  draft.note(entry(2));
  draft.note(entry(3));
  assert.deepEqual(draft.done().journal.map(({ seq }) => seq), [3, 2, 1]);
  draft.note(entry(4));
  draft.set({ journal: [entry(9)] });
  draft.note(entry(10));
  assert.deepEqual(draft.done().journal.map(({ seq }) => seq), [10, 9]);
});

Deno.test("a strip begins with the state that its hour began with, and forgets those before", () => {
  const known: readonly Step[] = [[1, "up"], [2, "down"], [10, "up"], [20, "down"]];
  const after = (at: number) => {
    const draft = new Draft({ ...sampleState(), steps: new Map([["www", known]]) });
    draft.step("www", at, "up");
    return draft.done().steps.get("www")?.map(([began]) => began);
  };
  assert.deepEqual(after(stripMs), [1, 2, 10, 20, stripMs]);
  assert.deepEqual(after(stripMs + 10), [2, 10, 20, stripMs + 10]);
  assert.deepEqual(after(stripMs + 11), [10, 20, stripMs + 11]);
});

Deno.test("states of a frontend are dropped and added, so many of them at most", () => {
  const known: readonly Step[] = [[1, "up"], [2, "down"]];
  const before: MaglevdState = { ...sampleState(), steps: new Map([["www", known]]) };
  const after = (change: (draft: Draft) => void) => {
    const draft = new Draft(before);
    change(draft);
    return draft.done().steps;
  };
  assert.deepEqual(after((draft) => draft.steps("www", 1, [[3, "up"]])).get("www"), [
    ...[[2, "down"], [3, "up"]],
  ]);
  assert.equal(after((draft) => draft.steps("www", 2, [])).has("www"), false);
  assert.deepEqual(after((draft) => draft.steps("mail", 0, [[3, "up"]])).get("mail"), [[3, "up"]]);
  // What was read anew is the own of nobody.
  const read = new Map([["www", known]]);
  const draft = new Draft(before);
  draft.step("www", 3, "up");
  draft.set({ steps: read });
  draft.step("www", 4, "up");
  assert.deepEqual([read.get("www")?.length, draft.done().steps.get("www")?.length], [2, 3]);
  for (let i = 0; i < stepsKept; i++) draft.step("www", 5 + i, "up");
  assert.equal(draft.done().steps.get("www")?.length, stepsKept);
  assert.equal(before.steps.get("www"), known);
});
