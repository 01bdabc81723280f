import assert from "node:assert/strict";
import { judge, shownState, stateTone, wrongWith } from "../../../lib/web/page/health.ts";
import { bits, packets, short } from "../../../lib/web/page/words.ts";
import { fold } from "../../../lib/web/reduce.ts";
import { type MaglevdState, unheard } from "../../../lib/web/state.ts";
import type { Backend, Frontend, Status } from "../../../lib/web/wire.ts";
import { CheckerBed } from "../../api/support/checker_bed.ts";
import { readingOf } from "../support/reading.ts";

function stateOf(bed: CheckerBed): MaglevdState {
  return fold(unheard("rtr1", 0), [readingOf(bed.checker)]);
}

function www(state: MaglevdState, changes: Partial<Frontend> = {}) {
  const frontend = state.frontends.get("www");
  assert.ok(frontend);
  return judge({ ...frontend, ...changes }, state);
}

Deno.test("a frontend's health is told by rising trouble, with what carries its traffic", () => {
  using bed = new CheckerBed();
  assert.deepEqual(www(stateOf(bed)), {
    health: "unknown",
    words: "not all probed yet",
    capacity: 0,
  });
  const settling = { ...stateOf(bed), status: { warmup: "quiet" } as Status };
  assert.equal(www(settling).health, "settling");
  for (const name of ["web0", "web1", "web2", "web3"]) bed.move(name, "up");
  assert.deepEqual(www(stateOf(bed)), { health: "fine", words: "2 servers", capacity: 1 });
  bed.move("web3", "down");
  assert.equal(www(stateOf(bed)).words, "1 on standby down");
  bed.move("web0", "down");
  const degraded = { health: "degraded", words: "1 of 2 servers out", capacity: 0.5 };
  assert.deepEqual(www(stateOf(bed)), degraded);
  bed.move("web1", "down");
  const fallback = { health: "fallback", words: "on fallback, not on primary", capacity: 0.5 };
  assert.deepEqual(www(stateOf(bed)), fallback);
  bed.move("web2", "down");
  assert.deepEqual(www(stateOf(bed)), {
    ...{ health: "down", words: "nothing carries its traffic", capacity: 0 },
  });
  bed.move("web0", "up");
  const open = { health: "degraded", words: "fails open: weights as last in use" };
  assert.partialDeepStrictEqual(www(stateOf(bed), { failOpenSinceUnixNs: 1 }), open);
  assert.equal(www(stateOf(bed), { state: "" }).words, "this maglevd does not tell");
  const empty = { health: "fine", words: "0 servers", capacity: 0 };
  assert.deepEqual(www(stateOf(bed), { state: "up", pools: [] }), empty);
});

Deno.test("what an operator took out is no trouble, only less capacity", () => {
  using bed = new CheckerBed();
  for (const name of ["web0", "web1", "web2", "web3"]) bed.move(name, "up");
  bed.move("web0", "paused");
  assert.deepEqual(www(stateOf(bed)), { health: "fine", words: "2 servers", capacity: 0.5 });
  // The same goes for one that has no weight, or drains, and is down.
  const state = stateOf(bed);
  const [first, ...others] = state.frontends.get("www")?.pools ?? [];
  const [member, ...rest] = first?.backends ?? [];
  assert.ok(first && member);
  const judged = (changes: Partial<typeof member>, known = state) => {
    const frontend = known.frontends.get("www");
    assert.ok(frontend);
    const pools = [{ ...first, backends: [{ ...member, ...changes }, ...rest] }, ...others];
    return judge({ ...frontend, pools }, known).words;
  };
  assert.equal(judged({ state: "disabled" }), "2 servers");
  assert.equal(judged({ state: "down", weight: 0 }), "2 servers");
  assert.equal(judged({ state: "down" }), "1 of 2 servers out");
  assert.equal(judged({ state: "unknown" }), "1 of 2 servers out");
  const backend = state.backends.get(member.name);
  assert.ok(backend);
  const draining = { ...backend, drain: {} as NonNullable<Backend["drain"]> };
  const known = { ...state, backends: new Map([[member.name, draining]]) };
  assert.equal(judged({ state: "down" }, known), "2 servers");
});

Deno.test("a frontend settles while maglevd warms up, and not after", () => {
  using bed = new CheckerBed();
  const health = (warmup: string) => www({ ...stateOf(bed), status: { warmup } as Status }).health;
  assert.deepEqual(["quiet", "settling", "over", ""].map(health), [
    ...["settling", "settling", "unknown", "unknown"],
  ]);
});

Deno.test("which pool is active need not be known, nor how much its servers weigh", () => {
  using bed = new CheckerBed();
  for (const name of ["web0", "web1", "web2", "web3"]) bed.move(name, "up");
  const state = stateOf(bed);
  const fine = { health: "fine", words: "2 servers" };
  assert.partialDeepStrictEqual(www(state, { activePool: "" }), fine);
  const [first, ...others] = state.frontends.get("www")?.pools ?? [];
  assert.ok(first);
  const weighing = (weight: number) => {
    const backends = first.backends.slice(0, 1)
      .map((each) => ({ ...each, weight, effectiveWeight: weight }));
    return www(state, { pools: [{ ...first, backends }, ...others] }).capacity;
  };
  assert.deepEqual([weighing(0), weighing(1), weighing(2)], [0, 1, 1]);
});

Deno.test("a state that nobody knows is told without alarm", () => {
  assert.deepEqual(["up", "down", "out-of-step", "new-fangled"].map(stateTone), [
    ...["good", "bad", "warn", "quiet"],
  ]);
});

Deno.test("a pool that can carry more than the preferred one has all of its capacity", () => {
  using bed = new CheckerBed();
  for (const name of ["web2", "web3"]) bed.move(name, "up");
  for (const name of ["web0", "web1"]) bed.move(name, "down");
  const state = stateOf(bed);
  const [first, ...others] = state.frontends.get("www")?.pools ?? [];
  assert.ok(first);
  const backends = first.backends.map((each) => ({ ...each, weight: 10 }));
  assert.equal(www(state, { pools: [{ ...first, backends }, ...others] }).capacity, 1);
});

Deno.test("a backend that drains is shown so while it is up", () => {
  using bed = new CheckerBed();
  bed.move("web0", "up");
  bed.checker.operate([{ action: "drain", backend: "web0" }], { name: "anna", from: "" });
  const backend = stateOf(bed).backends.get("web0");
  assert.ok(backend?.drain);
  const drained = { ...backend, drain: { ...backend.drain, drainedUnixNs: 5 } };
  assert.deepEqual(
    [shownState("up", backend), shownState("up", drained), shownState("down", backend)],
    ["draining", "drained", "down"],
  );
  assert.deepEqual([shownState("up", undefined), shownState("", undefined)], ["up", "unknown"]);
});

Deno.test("rates keep three digits", () => {
  const shown = [0, 0.04, 9.96, 10.5, 12.3, 999, 999.6, 1_000, 12_345, 1_234_567, 9.9e9];
  assert.deepEqual(shown.map(short), [
    ...["0", "0", "10", "11", "12", "999", "1k", "1k", "12.3k", "1.23M", "9.9G"],
  ]);
  // Nor does a thousand of one unit stand beside one of the next.
  assert.deepEqual([999.49, 999.5, 999.49e3, 999.5e3].map(short), ["999", "1k", "999k", "1M"]);
  assert.deepEqual([999.5e6, 999.5e9].map(short), ["1G", "1T"]);
  assert.deepEqual([bits(0), bits(1_500), packets(2_500_000)], [
    ...["0 bit/s", "1.5 kbit/s", "2.5M pkt/s"],
  ]);
});

/** What is said of a backend that is up, but for these. */
function said(changes: Partial<Backend>) {
  using bed = new CheckerBed();
  bed.move("web0", "up");
  const backend = stateOf(bed).backends.get("web0");
  assert.ok(backend);
  return wrongWith({ ...backend, ...changes }, now);
}

const now = 1_800_000_000_000;
const day = 86_400_000;

Deno.test("a backend that is down is told of with what took it down, else with the last probe", () => {
  const transition = { from: "up", to: "down", atUnixNs: 1, code: "L7STS", detail: "status 503" };
  const lastProbe = { ok: false, code: "L4CON", detail: "refused", durationNs: 1, atUnixNs: 1 };
  const down = { state: "down", lastProbe, transitions: [transition] } as const;
  assert.deepEqual(said(down), { what: "is down", why: "L7STS (status 503)" });
  assert.deepEqual(said({ ...down, transitions: [] }), { what: "is down", why: "L4CON (refused)" });
  assert.deepEqual(said({ ...down, transitions: [], lastProbe: undefined }), {
    ...{ what: "is down", why: "" },
  });
  const flapHold = { untilUnixNs: (now + 90_000) * 1e6 } as Backend["flapHold"];
  assert.deepEqual(said({ ...down, flapHold }), {
    what: "flaps, and is kept down (1m30s more at most)",
  });
  const heard = { untilUnixNs: 0 } as Backend["flapHold"];
  assert.deepEqual(said({ ...down, flapHold: heard }), { what: "flaps, and is kept down" });
  // What took it down was no probe; the last one may have passed meanwhile.
  const transitions = [{ ...transition, code: "" }];
  assert.equal(said({ ...down, transitions })?.why, "L4CON (refused)");
  assert.equal(said({ ...down, transitions, lastProbe: { ...lastProbe, ok: true } })?.why, "");
});

Deno.test("a certificate is told of two weeks before its end, and after it", () => {
  const ending = (ms: number) => said({ certificateEndUnixNs: (now + ms) * 1e6 });
  assert.equal(said({}), undefined);
  assert.equal(ending(14 * day), undefined);
  assert.deepEqual(ending(14 * day - 1000), { what: "certificate ends in 13d23h", since: 0 });
  assert.deepEqual(ending(-1), { what: "certificate has ended", since: 0 });
  // It is good to its last moment.
  assert.deepEqual(ending(0), { what: "certificate ends in 0ms", since: 0 });
});
