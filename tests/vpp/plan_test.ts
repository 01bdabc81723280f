import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type ActualVip,
  describePlan,
  type DesiredVip,
  FlushLedger,
  isEmpty,
  Occupied,
  planAll as planning,
  planOne,
  type PrefixPlan,
  prefixText,
} from "../../lib/vpp/lb/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { type ApplyCounts, applyPlans, noCounts } from "../../lib/vpp/sync/apply.ts";
import { dumpActual } from "../../lib/vpp/sync/dump.ts";
import { KnownState } from "../../lib/vpp/sync/known.ts";
import { someDesired, someVpp } from "./desired_vips.ts";
import type { ModelVpp } from "./model_vpp.ts";
import { ip } from "../support/ip.ts";
import { RecordedLog } from "../support/recorded_log.ts";

const runs = { seed: 26_10, numRuns: 300 };

/** The whole plan at once. */
function planAll(...args: Parameters<typeof planning>): PrefixPlan[] {
  const work = planning(...args);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

function summaryOf(desired: readonly DesiredVip[]): string[] {
  return desired.map((vip) => {
    const servers = vip.servers.map(({ address, weight }) => `${address.text}=${weight}`).sort();
    const encap = vip.encap === "gre4" ? 0 : 1;
    const key = `${prefixText(vip)} ${vip.protocol} ${vip.port}`;
    return `${key} encap ${encap} sticky ${vip.sticky}: ${servers.join(" ")}`;
  }).sort();
}

async function apply(
  vpp: ModelVpp,
  plans: readonly PrefixPlan[],
  ledger: FlushLedger,
  known = new KnownState(),
): Promise<ApplyCounts> {
  const counts = noCounts();
  const log = new RecordedLog("error");
  const lb = { ipv4Source: ip("192.0.2.254"), ipv6Source: ip("2001:db8::254") };
  // One by one: prefixes must not depend on what is done on others.
  for (const plan of plans) {
    const occupied = new Occupied({ frontends: new Map(), lb }, known);
    const clock = new FakeClock();
    const context = { client: vpp, known, ledger, occupied, log, clock, scope: "all" } as const;
    await applyPlans([plan], context, counts);
  }
  return counts;
}

function lines(plans: readonly PrefixPlan[]): string[] {
  return plans.flatMap(describePlan).map((change) => Object.values(change).join(" "));
}

Deno.test("applying a plan gives what is desired, nothing is refused, and no plan is left", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const ledger = new FlushLedger();
      const known = new KnownState();
      known.finishDump(await dumpActual(vpp, new FakeClock()));
      const counts = await apply(vpp, planAll(desired, known.all(), ledger), ledger, known);
      assert.equal(counts.refused, 0, vpp.sent.join("\n"));
      assert.deepEqual(vpp.summary(), summaryOf(desired));
      const dump = await dumpActual(vpp, new FakeClock());
      assert.deepEqual(lines(planAll(desired, dump.values(), ledger)), []);
      assert.deepEqual(lines(planAll(desired, known.all(), ledger)), []);
    }),
    runs,
  );
});

Deno.test("what is known after applying is what a dump shows", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const known = new KnownState();
      known.finishDump(await dumpActual(vpp, new FakeClock()));
      const ledger = new FlushLedger();
      await apply(vpp, planAll(desired, known.all(), ledger), ledger, known);
      const dump = await dumpActual(vpp, new FakeClock());
      assert.deepEqual(weights(known.all()), weights(dump.values()));
    }),
    runs,
  );
});

function weights(vips: Iterable<ActualVip>): string[] {
  return [...vips].map(({ id, encap, sticky, servers }) => {
    const list = [...servers.values()].map(({ address, weight }) => `${address.text}=${weight}`);
    return `${id} ${encap} ${sticky} ${list.sort().join(" ")}`;
  }).sort();
}

Deno.test("the order of a plan depends on neither the dump's nor the configuration's order", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const ledger = new FlushLedger();
      const one = planAll(desired, (await dumpActual(vpp, new FakeClock())).values(), ledger);
      vpp.reversed = true;
      const other = planAll(
        desired.toReversed(),
        (await dumpActual(vpp, new FakeClock())).values(),
        ledger,
      );
      assert.deepEqual(lines(one), lines(other));
    }),
    runs,
  );
});

Deno.test("syncing one frontend after the other never takes a VIP away, and is never refused", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const ledger = new FlushLedger();
      for (const target of desired) {
        const before = vpp.keys();
        const actual = [...(await dumpActual(vpp, new FakeClock())).values()]
          .filter((vip) => prefixText(vip) === prefixText(target));
        const siblings = desired.filter((vip) => prefixText(vip) === prefixText(target));
        const state = { actual, siblings: () => siblings, mayRecreate: () => true };
        const plan = planOne(target, state, ledger);
        const counts = await apply(vpp, [plan], ledger);
        assert.equal(counts.refused, 0);
        const after = new Set(vpp.keys());
        assert.deepEqual(before.filter((key) => !after.has(key)), []);
        const [done = ""] = summaryOf([target]);
        if (plan.blocked.length > 0) assert.ok(isEmpty(plan));
        else assert.ok(vpp.summary().includes(done), done);
      }
    }),
    runs,
  );
});

Deno.test("a sibling that may not be made anew blocks a change of encap", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      for (const target of desired) {
        const actual = [...(await dumpActual(vpp, new FakeClock())).values()]
          .filter((vip) => prefixText(vip) === prefixText(target));
        const siblings = desired.filter((vip) => prefixText(vip) === prefixText(target));
        const state = { actual, siblings: () => siblings, mayRecreate: () => false };
        const plan = planOne(target, state, new FlushLedger());
        const touched = [
          ...plan.removals.map(({ vip }) => vip.id),
          ...plan.changes.map(({ vip }) => vip.id),
        ];
        assert.ok(touched.every((id) => id === target.id));
      }
    }),
    runs,
  );
});

Deno.test("servers are changed in numeric order, IPv4 first", async () => {
  const numeric = [
    "9.255.255.255",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.10",
    "fd00::1",
    "fd00::2",
    "fd00::10",
  ];
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const actual = await dumpActual(vpp, new FakeClock());
      for (const plan of planAll(desired, actual.values(), new FlushLedger())) {
        for (const { servers } of plan.changes) {
          const order = servers.map(({ address }) => numeric.indexOf(address.text));
          assert.deepEqual(order, order.toSorted((a, b) => a - b));
        }
      }
    }),
    runs,
  );
});

Deno.test("each entry into a flushing state flushes once", async () => {
  await fc.assert(
    fc.asyncProperty(
      someDesired,
      fc.array(fc.boolean(), { maxLength: 6 }),
      someVpp,
      async (desired, states, vpp) => {
        const ledger = new FlushLedger();
        const known = new KnownState();
        known.finishDump(await dumpActual(vpp, new FakeClock()));
        await apply(vpp, planAll(desired, known.all(), ledger), ledger, known);
        let down = false;
        for (const next of [false, ...states]) {
          const now = desired.map((vip) => ({
            ...vip,
            servers: vip.servers.map((server) => ({
              ...server,
              weight: next ? 0 : 100,
              flush: next,
            })),
          }));
          const entered = next && !down;
          down = next;
          for (let pass = 0; pass < 3; pass++) {
            vpp.sent.length = 0;
            for (const vip of now) ledger.settle(vip);
            await apply(vpp, planAll(now, known.all(), ledger), ledger, known);
            const flushes = vpp.sent.filter((call) => call.endsWith("is_flush")).length;
            const servers = now.reduce((sum, vip) => sum + vip.servers.length, 0);
            assert.equal(flushes, entered && pass === 0 ? servers : 0);
          }
        }
      },
    ),
    { ...runs, numRuns: 100 },
  );
});
