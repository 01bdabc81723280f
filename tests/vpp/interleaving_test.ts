/** Whatever happens between any two steps of the program: nothing is refused, and the newest wins. */

import assert from "node:assert/strict";
import { steer } from "../support/steer.ts";
import { Bed } from "./support/bed.ts";
import { configOf, type ConfigWish } from "./support/wishes.ts";

const site: ConfigWish = {
  backends: { b1: "10.0.0.1", b2: "10.0.0.2", b3: "10.0.0.3" },
  frontends: {
    web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
    tls: { vip: "192.0.2.1", key: "tcp 443", pools: [{ b1: 1, b3: 2 }] },
    dns: { vip: "2001:db8::1", key: "any", pools: [{ b2: 100 }] },
  },
};

/** Another encap, another VIP, one that is gone, and one made anew. */
const other: ConfigWish = {
  backends: { b1: "fd00::1", b2: "10.0.0.2", b3: "fd00::3", b4: "10.0.0.4" },
  frontends: {
    web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 70 }, { b3: 10 }] },
    tls: { vip: "192.0.2.1", key: "tcp 443", pools: [{ b1: 1, b3: 2 }] },
    new: { vip: "2001:db8::1", key: "tcp 53", sticky: true, pools: [{ b2: 100, b4: 3 }] },
  },
};

/** 100 ms from a request to its answer. */
const delayMs = 50;

/** What there is to do is done within this, also when it has to be begun again. */
const busyMs = 1_500;

/** What comes at the last moment is done within this, long before a drift pass. */
const afterMs = 2_000;

/** Moments looked at after the last one of a settling at which anything was seen to happen. */
const moreSteps = 1;

type Act = (bed: Bed) => void;

const acts: Readonly<Record<string, Act>> = {
  "a backend goes down and comes back, and a weight is set": (bed) => {
    steer(bed.checker).pause("b1");
    steer(bed.checker).resume("b1");
    steer(bed.checker).setWeight("tls", "pool0", "b3", 20, true);
  },
  "a configuration comes": (bed) => reload(bed, other),
  "an operator asks for a sync": (bed) => {
    steer(bed.checker).disable("b3");
    // Refused while VPP is away, and lost with the connection.
    bed.vpp.sync("web").catch(() => {});
    bed.vpp.sync().catch(() => {});
  },
  "VPP is killed and starts": (bed) => {
    steer(bed.checker).disable("b3");
    bed.sim.restart();
  },
};

function reload(bed: Bed, wish: ConfigWish): void {
  bed.checker.reload(configOf(wish)).catch((error) => assert.fail(error));
}

/** What may be going on. */
const situations: Readonly<Record<string, (bed: Bed) => Promise<void>>> = {
  "connecting, adopting and the first sync": (bed) => {
    bed.sim.start();
    bed.vpp.start();
    return Promise.resolve();
  },
  "a new maglevd adopting what VPP has": async (bed) => {
    await bed.start();
    await bed.replaceMaglevd();
    bed.answerAll();
    bed.vpp.start();
  },
  "a change on its way": async (bed) => {
    await bed.start();
    steer(bed.checker).pause("b1");
  },
  "a reload and its full sync": async (bed) => {
    await bed.start();
    reload(bed, { ...other, backends: { ...other.backends, b3: "fd00::33" } });
  },
};

/** A moment by its settling and its step. */
type Moment = readonly [settling: number, step: number];

/** Runs `begin`, and `act` at a moment; the result is at which moments something happened. */
async function run(
  begin: (bed: Bed) => Promise<void>,
  act: Act | undefined,
  at: Moment = [-1, -1],
): Promise<Moment[]> {
  const busy = new Map<number, number>();
  await using bed = new Bed(site, { delayMs });
  await begin(bed);
  let before = "";
  bed.moment = (settling, step) => {
    if (act) {
      if (settling !== at[0] || step !== at[1]) return;
      bed.moment = undefined;
      return act(bed);
    }
    const seen = [bed.log.records.length, bed.sim.journal.count, bed.clock.pending].join(" ");
    if (seen !== before) busy.set(settling, step);
    before = seen;
  };
  await bed.pass(busyMs);
  bed.moment = undefined;
  await bed.pass(afterMs);
  const refused = bed.sim.journal.entries.filter((entry) =>
    entry.kind === "request" && (entry.retval ?? 0) < 0 &&
    // Reading: a VIP that is being made anew has no route for a moment.
    entry.request.name !== "ip_route_lookup"
  );
  try {
    assert.deepEqual(refused, [], "VPP refused something");
    assert.deepEqual(bed.log.named("vpp-reconciler-error"), []);
    assert.deepEqual(bed.state(), bed.wanted());
    assert.equal(bed.vpp.step()?.inStep, true);
    assert.equal(bed.altered, 0, "nobody else was there");
  } catch (error) {
    throw new Error(`at moment ${at}\n${bed.story()}`, { cause: error });
  }
  return [...busy].flatMap(([settling, last]) =>
    Array.from({ length: last + 1 + moreSteps }, (_, step) => [settling, step] as const)
  );
}

for (const [situation, begin] of Object.entries(situations)) {
  for (const [name, act] of Object.entries(acts)) {
    Deno.test(`${name} at any moment of ${situation}`, async () => {
      const moments = await run(begin, undefined);
      assert.ok(moments.length > 10, `only ${moments.length} moments`);
      for (const moment of moments) await run(begin, act, moment);
    });
  }
}
