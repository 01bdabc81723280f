import assert from "node:assert/strict";
import { NetError } from "../../../lib/net/mod.ts";
import { portsOf } from "../../../lib/sim/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import {
  SegmentError,
  segmentIn,
  type SegmentOptions,
  type StatsSegment,
} from "../../../lib/vppclient/mod.ts";
import { StatsSource } from "../../../lib/vpp/link/stats_source.ts";
import { steer } from "../../support/steer.ts";
import { gunzipped } from "../../vppclient/support/fixtures.ts";
import { Bed } from "../support/bed.ts";
import { inStep, sent, web } from "../support/sync.ts";

const recorded = await gunzipped("stats/two-threads.bin.gz");

/** When the simulated VPP says that it was started. */
const bootTime = Date.parse("2023-11-14T22:13:20Z");

/** A bed whose segments can be others than VPP's, and who may know when VPP was started. */
function beds() {
  const hands = {
    instead: undefined as ((options: SegmentOptions) => StatsSegment) | undefined,
    boot: "VPP's" as number | "VPP's" | "untold",
    fetched: 0,
    given: 0,
  };
  const bed: Bed = new Bed(web, {
    access: {
      openSegment: async (path, options) => {
        hands.fetched++;
        if (hands.instead) return hands.instead(options);
        const segment = await portsOf(bed.sim).openSegment(path, options);
        hands.given++;
        return {
          read: (look) =>
            segment.read((view) =>
              look({
                ...view,
                scalar: (name) =>
                  hands.boot === "VPP's"
                    ? view.scalar(name)
                    : hands.boot === "untold"
                    ? undefined
                    : hands.boot,
              })
            ),
          [Symbol.dispose]: () => {
            hands.given--;
            segment[Symbol.dispose]();
          },
        };
      },
    },
  });
  return { bed, hands };
}

/** A segment of these octets, which counts how often it is given back. */
function of(octets: Uint8Array<ArrayBuffer>, given: { back: number }) {
  return (options: SegmentOptions) =>
    segmentIn({ buffer: octets.buffer, [Symbol.dispose]: () => void given.back++ }, options);
}

function garbled(seed: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(64 * 1024);
  let state = seed;
  for (let i = 0; i < octets.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    octets[i] = state >>> 16;
  }
  // So that it is opened, and nobody is said to be changing it.
  new DataView(octets.buffer).setBigUint64(0, 2n, true);
  new DataView(octets.buffer).setBigUint64(24, 0n, true);
  return octets;
}

const senseless: Record<string, Uint8Array<ArrayBuffer>> = {
  "an empty one": new Uint8Array(),
  "one of zeros": new Uint8Array(4096),
  "one cut in its header": recorded.slice(0, 24),
  "one cut behind its header": recorded.slice(0, 4096),
  "a garbled one": garbled(1),
  "another garbled one": garbled(2),
};

for (const [what, octets] of Object.entries(senseless)) {
  Deno.test(`counters and boot time come back after ${what}, and nothing else changes`, async () => {
    const { bed, hands } = beds();
    await using _ = bed;
    const given = { back: 0 };
    hands.instead = of(octets, given);
    await bed.start();
    assert.equal(bed.vpp.info()?.bootTime, 0);
    assert.equal(bed.log.named("vpp-connect")[0]?.boottime, "unknown");
    await bed.pass(60_000);
    assert.equal(bed.vpp.counters()?.at, 0);
    // At the connect, as soon as all is taken over, and each 5 s.
    assert.ok(hands.fetched >= 13 && hands.fetched <= 15, `${hands.fetched}`);
    assert.equal(given.back, hands.fetched, "each is given back");
    assert.deepEqual(bed.log.named("vpp-stats-unreadable").map(({ counters }) => counters), [
      "those of the last reading",
      "none until it can be read again",
    ]);
    assert.deepEqual(bed.log.named("vpp-stats-readable"), []);
    hands.instead = undefined;
    await bed.pass(5_200);
    assert.notEqual(bed.vpp.counters()?.at, 0);
    assert.equal(bed.vpp.counters()?.vips.length, 1);
    assert.equal(bed.vpp.info()?.bootTime, bootTime);
    assert.equal(bed.log.named("vpp-stats-readable").length, 1);
    const { fetched } = hands;
    await bed.pass(60_000);
    assert.deepEqual([hands.fetched, hands.given], [fetched, 1], "it is kept");
    assert.equal(bed.log.named("vpp-stats-readable").length, 1);
    assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
    assert.deepEqual(bed.state(), [inStep]);
  });
}

Deno.test("a segment that VPP is changing at the connect is read when it is done", async () => {
  const { bed, hands } = beds();
  await using _ = bed;
  bed.sim.start();
  const end = bed.sim.beginStatsChange();
  bed.vpp.start();
  await bed.until(() => bed.vpp.step()?.inStep === true);
  await bed.pass(60_000);
  assert.deepEqual([bed.vpp.info()?.bootTime, bed.vpp.counters()?.at], [0, 0]);
  end();
  await bed.pass(5_200);
  assert.equal(bed.vpp.info()?.bootTime, bootTime);
  assert.notEqual(bed.vpp.counters()?.at, 0);
  assert.deepEqual([hands.given, ...bed.vppEvents()], [1, "connected", "in-step"]);
});

Deno.test("a segment that is spoilt later is fetched anew as well", async () => {
  const { bed, hands } = beds();
  await using _ = bed;
  await bed.start();
  const first = bed.vpp.counters()?.at;
  hands.boot = "untold";
  const end = bed.sim.beginStatsChange();
  await bed.pass(60_000);
  assert.equal(bed.vpp.counters()?.at, 0);
  end();
  await bed.pass(5_200);
  assert.ok((bed.vpp.counters()?.at ?? 0) > (first ?? Infinity));
  assert.equal(bed.vpp.info()?.bootTime, bootTime, "what is known is not asked for again");
  assert.equal(hands.given, 1);
});

Deno.test("that a segment cannot be had any more ends no connection", async () => {
  const { bed, hands } = beds();
  await using _ = bed;
  hands.instead = of(new Uint8Array(4096), { back: 0 });
  await bed.start();
  for (
    const error of [
      new NetError("connect to /run/vpp/stats.sock", 111),
      new Deno.errors.ConnectionRefused("Connection refused (os error 111)"),
    ]
  ) {
    hands.instead = () => {
      throw error;
    };
    await bed.pass(60_000);
    assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
  }
  hands.instead = undefined;
  bed.sim.stopStats();
  await bed.pass(60_000);
  bed.sim.startStats();
  await bed.pass(5_200);
  assert.notEqual(bed.vpp.counters()?.at, 0);
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
});

Deno.test("a mistake of our own in fetching it is not taken for VPP's", async () => {
  const { bed, hands } = beds();
  await using _ = bed;
  hands.instead = of(new Uint8Array(4096), { back: 0 });
  await bed.start();
  hands.instead = () => {
    hands.instead = undefined;
    throw new TypeError("made up");
  };
  await bed.pass(10_000);
  assert.deepEqual(bed.vppEvents(), [
    ...["connected", "in-step", "lost made up", "connected", "in-step"],
  ]);
});

Deno.test("what is fetched when the connection is over is given back", async () => {
  const { bed, hands } = beds();
  await using _ = bed;
  hands.instead = of(new Uint8Array(4096), { back: 0 });
  await bed.start();
  hands.instead = undefined;
  // VPP hangs with the socket of the segment as well, and is then cut off.
  bed.sim.hang();
  await bed.pass(6_000);
  bed.sim.cut();
  await bed.pass(100);
  bed.sim.behave();
  await bed.until(() => bed.vpp.step()?.inStep === true);
  await bed.pass(10_000);
  assert.equal(hands.given, 1);
  assert.deepEqual(bed.log.named("task-failed"), []);
});

Deno.test("who waits for a segment waits no longer than the connection lasts", async () => {
  const end = new AbortController();
  const never = (signal: AbortSignal) =>
    new Promise<StatsSegment>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  let back = 0;
  const late = Promise.withResolvers<StatsSegment>();
  const options = { clock: new FakeClock(), names: [], deadlineMs: 1_000 };
  const fetches = [
    () => Promise.reject(new SegmentError("it makes no sense")),
    never,
    () => late.promise,
  ];
  const fetch = (signal: AbortSignal) => (fetches.shift() ?? never)(signal);
  const first = await StatsSource.open(fetch, end.signal);
  assert.equal(first.isThere, false);
  const waiting = first.read(() => 1);
  first[Symbol.dispose]();
  await assert.rejects(waiting, new SegmentError("the stats segment is not mapped any more"));
  await assert.rejects(first.read(() => 1), SegmentError, "nor is it fetched again");
  assert.equal(fetches.length, 1);
  fetches.unshift(() => Promise.reject(new SegmentError("it makes no sense")));
  const second = await StatsSource.open(fetch, end.signal);
  const reading = second.read(() => 1);
  second[Symbol.dispose]();
  const memory = { buffer: recorded.slice().buffer, [Symbol.dispose]: () => void back++ };
  late.resolve(segmentIn(memory, options));
  await assert.rejects(reading, SegmentError);
  assert.equal(back, 1, "it came too late");
});

/** What is told of a VPP that is connected to again, and what it is sent for who was disabled. */
async function reconnected(
  before: number | "untold",
  meanwhile: (hands: { boot: number | "VPP's" | "untold" }, bed: Bed) => Promise<unknown>,
) {
  const { bed, hands } = beds();
  await using _ = bed;
  hands.boot = before;
  await bed.start();
  steer(bed.checker).disable("b1");
  await bed.pass(1_000);
  const weights = sent(bed, "lb_as_set_weight");
  await meanwhile(hands, bed);
  bed.sim.cut();
  await bed.until(() => bed.log.named("vpp-connect").length === 2);
  await bed.pass(5_000);
  const { restarted } = bed.log.named("vpp-connect")[1] ?? {};
  return `${restarted ? "restarted" : "same"} ${sent(bed, "lb_as_set_weight") - weights}`;
}

Deno.test("a VPP that did not tell when it was started is told from others by its process", async () => {
  const sets = (boot: number | "untold") => async (hands: { boot: unknown }) => {
    hands.boot = boot;
    await Promise.resolve();
  };
  const cases = {
    known: await reconnected(5, sets(5)),
    other: await reconnected(5, sets(6)),
    never: await reconnected("untold", sets("untold")),
    "then untold": await reconnected(5, sets("untold")),
    "then told": await reconnected("untold", sets(5)),
    "told before the end": await reconnected("untold", async (hands, bed) => {
      hands.boot = 5;
      await bed.pass(5_100);
      hands.boot = 6;
    }),
  };
  assert.deepEqual(cases, {
    ...{ known: "same 0", other: "restarted 1", never: "same 0" },
    ...{ "then untold": "same 0", "then told": "same 0", "told before the end": "restarted 1" },
  });
});
