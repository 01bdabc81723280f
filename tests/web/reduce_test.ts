import assert from "node:assert/strict";
import { Listener } from "../../lib/simulation/listener.ts";
import { historyOf, runHistory } from "../../lib/simulation/mod.ts";
import { atOnce } from "../../lib/time/mod.ts";
import { deltaOf, hear } from "../../lib/web/delta.ts";
import { Draft } from "../../lib/web/draft.ts";
import { fold, restore } from "../../lib/web/reduce.ts";
import {
  journalKept,
  type MaglevdState,
  snapshotOf,
  stepsKept,
  stripMs,
  unheard,
} from "../../lib/web/state.ts";
import type { Change, Check, Status } from "../../lib/web/wire.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { changeOf, readingOf, toldOf } from "./support/reading.ts";

/** What differs between two states makes, when it has travelled, one of the other. */
function travels(before: MaglevdState, after: MaglevdState): void {
  const names = (table: "backends" | "frontends") =>
    new Set([...before[table].keys(), ...after[table].keys()]);
  const all = { backends: names("backends"), frontends: names("frontends") };
  const delta = atOnce(deltaOf(before, after, all));
  const heard = delta ? hear(before, [JSON.parse(JSON.stringify(delta))]) : before;
  assert.deepEqual({ ...heard, journal: [] }, { ...after, journal: [] });
}

/** Puts a reducer beside the listener of each simulated maglevd. Returns how to undo that. */
function listenAlong(compared: (heard: MaglevdState, read: MaglevdState) => void): () => void {
  const { hear, differences } = Listener.prototype;
  const states = new WeakMap<Listener, MaglevdState>();
  const fresh = unheard("sim", 0);
  const of = (listener: Listener) => {
    const state = states.get(listener);
    if (state) return state;
    return fold(fresh, [readingOf(listener["checker"])]);
  };
  Listener.prototype.hear = function (event) {
    const checker = this["checker"];
    const before = of(this);
    const known = fold(before, [changeOf(event)]);
    travels(before, known);
    // What is configured is read anew, as the server does it.
    const isNew = event.kind === "reload" && event.result === "applied";
    const next = isNew ? fold(known, [readingOf(checker, known)]) : known;
    travels(before, next);
    states.set(this, next);
    return hear.call(this, event);
  };
  Listener.prototype.differences = function () {
    compared(of(this), fold(fresh, [readingOf(this["checker"])]));
    return differences.call(this);
  };
  return () => Object.assign(Listener.prototype, { hear, differences });
}

Deno.test("state by events equals state by reading, over histories of the whole daemon", async () => {
  let seed = 0;
  let compared = 0;
  const undo = listenAlong((heard, read) => {
    compared++;
    assert.deepEqual(toldOf(heard), toldOf(read), `seed ${seed}`);
  });
  try {
    for (seed = 1; seed <= 60; seed++) await runHistory(historyOf(seed));
  } finally {
    undo();
  }
  assert.ok(compared > 60, `compared ${compared} times`);
});

Deno.test("a state that has travelled is the same, but for what is not carried", () => {
  using bed = new CheckerBed();
  let state = fold(unheard("rtr1", 5), [readingOf(bed.checker)]);
  bed.stream.subscribe((event) => state = fold(state, [changeOf(event)]));
  bed.move("web0", "up");
  bed.move("web1", "down");
  state = fold(state, [
    { kind: "link", link: { state: "connected", since: 5, reason: "" } },
    { kind: "traffic", at: 7, frontends: [["www", 10, -1]], backends: [["web0", 10, 800]] },
  ]);
  const travelled = restore(JSON.parse(JSON.stringify(snapshotOf(state))));
  assert.deepEqual(travelled, { ...state, journal: travelled.journal });
  assert.deepEqual(travelled.frontendRates.get("www"), [10, -1]);
  assert.equal(travelled.backends.get("web1")?.state, "down");
});

Deno.test("what is read besides backends and frontends travels, and what is not known does not", () => {
  const before = unheard("rtr1", 0);
  const vpp = { unavailable: "VPP is away" };
  const status = { version: "1" } as unknown as Status;
  const checks = [{ name: "web" } as unknown as Check];
  const after = fold(before, [{ kind: "reading", vpp, status, checks, at: 5 }]);
  assert.deepEqual([after.vpp, after.status, after.readAt, after.checks.size], [vpp, status, 5, 1]);
  travels(before, after);
  const { reading, traffic } = snapshotOf(before);
  const { at, status: noStatus, vpp: noVpp } = reading;
  assert.deepEqual([at, noStatus, noVpp, traffic], [undefined, undefined, undefined, undefined]);
});

Deno.test("a fold leaves the state before it alone, and keeps what it does not touch", () => {
  using bed = new CheckerBed();
  const before = fold(unheard("rtr1", 0), [readingOf(bed.checker)]);
  const copy = structuredClone(before);
  const events: ReturnType<typeof changeOf>[] = [];
  bed.stream.subscribe((event) => events.push(changeOf(event)));
  bed.move("web0", "up");
  const after = fold(before, events);
  assert.deepEqual(before, copy);
  assert.equal(after.backends.get("web0")?.state, "up");
  assert.equal(after.backends.get("web3"), before.backends.get("web3"));
});

Deno.test("a draft copies a table once, however much is written to it", () => {
  using bed = new CheckerBed();
  const draft = new Draft(fold(unheard("rtr1", 0), [readingOf(bed.checker)]));
  const write = (name: string) => {
    draft.backend(name, (backend) => ({ ...backend, state: "down" }));
    return draft.done().backends;
  };
  assert.equal(write("web0"), write("web1"));
});

Deno.test("pulses are the last probe and its durations; of strangers they are nothing", () => {
  using bed = new CheckerBed();
  const before = fold(unheard("rtr1", 0), [readingOf(bed.checker)]);
  let state: MaglevdState = { ...before, durations: new Map() };
  for (let i = 1; i <= 40; i++) {
    const pulses = [["web0", i % 2 === 0, "L7OK", i], ["nobody", true, "L7OK", 1]] as const;
    state = fold(state, [{ kind: "pulses", at: i, pulses }]);
    assert.equal(state.durations?.get("web0")?.length, Math.min(i, 30));
  }
  const { durationNs, atUnixNs } = state.backends.get("web0")?.lastProbe ?? {};
  assert.deepEqual([durationNs, atUnixNs], [40e6, 40e6]);
  assert.deepEqual(state.durations?.get("web0")?.slice(-3), [38, -39, 40]);
  assert.deepEqual([state.durations?.size, state.backends.has("nobody")], [1, false]);
  const unseen = fold(before, [{ kind: "pulses", at: 1, pulses: [["web0", true, "L7OK", 1]] }]);
  assert.deepEqual([unseen.durations, unseen.backends.get("web0")?.lastProbe?.ok], [
    undefined,
    true,
  ]);
});

Deno.test("what is running is so until it is told to have ended; of strangers it is nothing", () => {
  using bed = new CheckerBed();
  const before = fold(unheard("rtr1", 0), [readingOf(bed.checker)]);
  const told = { kind: "pulses", at: 1, pulses: [] } as const;
  const runs = (state: MaglevdState) => [...state.running];
  const two = fold(before, [{ ...told, running: [["web0", 5], ["web1", 6], ["nobody", 7]] }]);
  assert.deepEqual(runs(two), [["web0", 5], ["web1", 6]]);
  assert.deepEqual(runs(before), [], "which is left alone");
  const travelled = restore(JSON.parse(JSON.stringify(snapshotOf(two))));
  assert.deepEqual(travelled.running, two.running);
  assert.equal(travelled.backends.get("web0")?.lastProbe, two.backends.get("web0")?.lastProbe);
  assert.deepEqual(runs(fold(two, [{ ...told, running: [["web0", 0]] }])), [["web1", 6]]);
  assert.deepEqual(runs(fold(two, [{ ...told, running: [["web0", 8]], isAnew: true }])), [
    ["web0", 8],
  ]);
  assert.deepEqual(runs(fold(two, [{ ...told, isAnew: true }])), []);
  assert.deepEqual(runs(fold(two, [{ ...told, pulses: [["web0", true, "L7OK", 1]] }])), runs(two));
  const gone = fold(two, [{ kind: "reading", goneBackends: ["web1"] }]);
  assert.deepEqual(runs(gone), [["web0", 5]]);
});

Deno.test("the journal's newest entries stay, the newest first", () => {
  const entry = { kind: "x", backend: "", frontend: "", actor: "", what: "", why: "", to: "" };
  const event = { event: { case: "heartbeat", value: { streamId: "", seq: 0 } } } as const;
  const changes = Array.from({ length: journalKept + 5 }, (_, i) => ({
    kind: "event" as const,
    event: { ...event, seq: i, atUnixNs: 0 },
    about: "x",
    entry: () => ({ ...entry, seq: i, at: i }),
  }));
  const { journal } = fold(unheard("rtr1", 0), changes);
  assert.equal(journal.length, journalKept);
  assert.deepEqual(journal.slice(0, 2).map(({ seq }) => seq), [journalKept + 4, journalKept + 3]);
});

Deno.test("of a frontend's states those of the last hour stay, and how it began", () => {
  using bed = new CheckerBed();
  let state = fold(unheard("rtr1", 0), [readingOf(bed.checker)]);
  const step = (at: number, to: string) => {
    const transition = { from: "", to, atUnixNs: at * 1e6, code: "", detail: "" };
    const value = { frontendName: "www", transition, activePool: "" };
    const event = { seq: 1, atUnixNs: at * 1e6, event: { case: "frontend", value } };
    const change = { kind: "event", about: "frontend", event, entry: () => undefined };
    state = fold(state, [change as unknown as Change]);
    return state.steps.get("www")?.map(([began]) => began);
  };
  assert.deepEqual(step(1, "up"), [1]);
  assert.deepEqual(step(2, "down"), [1, 2]);
  assert.deepEqual(step(2 + stripMs, "up"), [1, 2, 2 + stripMs]);
  assert.deepEqual(step(3 + stripMs, "down"), [2, 2 + stripMs, 3 + stripMs]);
  for (let i = 0; i < 2 * stepsKept; i++) step(4 + stripMs + i, "up");
  assert.equal(state.steps.get("www")?.length, stepsKept);
  assert.equal(state.steps.get("www")?.at(-1)?.[0], 3 + stripMs + 2 * stepsKept);
  const known = state;
  // One that is no more has none.
  step(5 + stripMs + 2 * stepsKept, "removed");
  assert.deepEqual([state.steps.has("www"), state.frontends.has("www")], [false, false]);
  state = known;
  // Read anew they are what they are then.
  const before = state;
  state = fold(state, [{ kind: "reading", steps: {} }]);
  travels(before, state);
});
