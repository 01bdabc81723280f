import assert from "node:assert/strict";
import fc from "fast-check";
import { type ActualVip, prefixText } from "../../../lib/vpp/state/vip.ts";
import { describePlan, describeTables } from "../../../lib/vpp/state/describe.ts";
import type { DesiredVip } from "../../../lib/vpp/state/desired.ts";
import { Ledger } from "../../../lib/vpp/state/ledger.ts";
import {
  planAll as planning,
  planOne,
  planPrefix,
  type PrefixPlan,
} from "../../../lib/vpp/state/plan.ts";
import { ip } from "../../support/ip.ts";
import { RetvalError } from "../../../lib/vppclient/mod.ts";
import { Carrying } from "../support/carrying.ts";
import { someDesired, someVpp } from "../support/desired_vips.ts";
import type { ModelVpp } from "../support/model_vpp.ts";

const runs = { seed: 26_10, numRuns: 300 };

/** The whole plan at once. */
function planAll(...args: Parameters<typeof planning>): PrefixPlan[] {
  const work = planning(...args);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** The weights of used servers of used VIPs: by `192.0.2.1/32 6 80 10.0.0.1`. */
function weightsIn(vpp: ModelVpp): Map<string, number> {
  const present = new Map<string, number>();
  for (const line of vpp.summary()) {
    const [prefix, protocol, port] = line.split(" ");
    for (const [, address, weight] of line.matchAll(/ ([0-9a-f.:]+)=(\d+)/g)) {
      present.set(`${prefix} ${protocol} ${port} ${address}`, Number(weight));
    }
  }
  return present;
}

/** What VPP is to hold, in the model's words, `before` being what it held. */
function summaryOf(desired: readonly DesiredVip[], before = new Map<string, number>()): string[] {
  return desired.map((vip) => {
    const servers = vip.servers.map(({ address: { text }, weight, otherwise = 0 }) => {
      // Weights over 100, which only a hand can set, do not survive that a VIP is made anew.
      const kept = Math.min(100, before.get(`${vip.id} ${text}`) ?? otherwise);
      return `${text}=${weight === "kept" ? kept : weight}`;
    }).sort();
    const encap = vip.encap === "gre4" ? 0 : 1;
    const key = `${prefixText(vip)} ${vip.protocol} ${vip.port}`;
    return `${key} encap ${encap} sticky ${vip.sticky}: ${servers.join(" ")}`;
  }).sort();
}

/** The model's summary, weights over 100 cut to that. */
function summaryIn(vpp: ModelVpp): string[] {
  return vpp.summary().map((line) => line.replaceAll("=255", "=100"));
}

function lines(plans: readonly PrefixPlan[]): string[] {
  return plans.flatMap(describePlan).map((change) => Object.values(change).join(" "));
}

Deno.test("a full sync gives what is desired, nothing is refused, and no plan is left", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const on = new Carrying(vpp, desired);
      const before = weightsIn(vpp);
      await on.look();
      const { counts } = await on.everything();
      assert.equal(counts.refused, 0, vpp.sent.join("\n"));
      assert.deepEqual(summaryIn(vpp), summaryOf(desired, before));
      assert.deepEqual(lines(planAll(desired, on.known.all(), on.ledger)), []);
      assert.deepEqual(await on.look(), [], "what is known afterwards is what a dump shows");
      assert.deepEqual(lines(planAll(desired, on.known.all(), on.ledger)), []);
    }),
    runs,
  );
});

Deno.test("a plan tells exactly what a full sync then does", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const on = new Carrying(vpp, desired);
      await on.look();
      const told = lines(planAll(desired, on.known.all(), on.ledger)).length;
      const { counts } = await on.everything();
      assert.equal(Object.values(counts).reduce((sum, count) => sum + count, 0), told);
    }),
    runs,
  );
});

Deno.test("cut off anywhere and begun again, a sync keeps the weights that are to be kept", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, fc.nat(30), async (desired, vpp, after) => {
      const before = weightsIn(vpp);
      let left = after;
      const on = new Carrying(vpp, desired, (call, value) => {
        if (left-- <= 0) return Promise.reject(new Error("VPP closed the connection"));
        return vpp.request(call, value);
      });
      await on.look();
      await on.everything().catch((error) => assert.match(String(error), /closed/));
      left = Infinity;
      await on.look();
      assert.equal((await on.everything()).counts.refused, 0);
      assert.deepEqual(summaryIn(vpp), summaryOf(desired, before));
    }),
    runs,
  );
});

Deno.test("what VPP refuses is all that it refuses: what needs it is not tried", async () => {
  const noMemory = -168;
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, fc.nat(20), async (desired, vpp, nth) => {
      let left = nth;
      const on = new Carrying(vpp, desired, (call, value) => {
        if (left-- !== 0) return vpp.request(call, value);
        return Promise.reject(new RetvalError(call.request.name, noMemory));
      });
      await on.look();
      const run = await on.everything();
      assert.deepEqual(
        on.log.named("vpp-reconciler-error").filter(({ err }) => !String(err).includes("-168")),
        [],
      );
      assert.equal(run.counts.refused, left < 0 ? 1 : 0);
      assert.equal((await on.everything()).counts.refused, 0);
      assert.deepEqual(lines(planAll(desired, on.known.all(), on.ledger)), []);
    }),
    runs,
  );
});

Deno.test("the order of a plan depends on neither the dump's nor the configuration's order", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const plan = async (vips: readonly DesiredVip[]) => {
        const on = new Carrying(vpp, vips);
        await on.look();
        return lines(planAll(vips, on.known.all(), on.ledger));
      };
      const one = await plan(desired);
      vpp.reversed = true;
      assert.deepEqual(await plan(desired.toReversed()), one);
    }),
    runs,
  );
});

Deno.test("syncing one frontend after the other never takes a VIP away, and is never refused", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const on = new Carrying(vpp, desired);
      await on.look();
      for (const target of desired) {
        const keys = vpp.keys();
        const before = weightsIn(vpp);
        const run = await on.one(target.frontend);
        assert.equal(run.counts.refused, 0);
        const after = new Set(vpp.keys());
        assert.deepEqual(keys.filter((key) => !after.has(key)), []);
        const [done = ""] = summaryOf([target], before);
        if (run.blocked.size > 0) {
          assert.deepEqual([...run.blocked.keys()], [target.frontend]);
          assert.equal(run.counts.vip_added + run.counts.as_added + run.counts.vip_removed, 0);
        } else assert.ok(summaryIn(vpp).includes(done), `${done}\n${summaryIn(vpp).join("\n")}`);
      }
    }),
    runs,
  );
});

Deno.test("a sibling that may not be made anew blocks a change of encap", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const on = new Carrying(vpp, desired);
      await on.look();
      for (const target of desired) {
        const siblings = desired.filter((vip) => prefixText(vip) === prefixText(target));
        const actual = on.known.onPrefix(prefixText(target));
        const state = { actual, siblings: () => siblings, mayRecreate: () => false };
        const plan = planOne(target, state, new Ledger());
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
      const on = new Carrying(vpp, desired);
      await on.look();
      for (const plan of planAll(desired, on.known.all(), new Ledger())) {
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
      fc.constantFrom(0, 100),
      someVpp,
      async (desired, states, usual, vpp) => {
        const on = new Carrying(vpp, desired);
        await on.look();
        await on.everything();
        let down = false;
        for (const next of [false, ...states]) {
          on.desired = desired.map((vip) => ({
            ...vip,
            servers: vip.servers.map((server) => ({
              ...server,
              weight: next ? 0 : usual,
              flush: next,
            })),
          }));
          const entered = next && !down;
          down = next;
          for (let pass = 0; pass < 3; pass++) {
            vpp.sent.length = 0;
            await on.everything();
            const flushes = vpp.sent.filter((call) => call.endsWith("is_flush")).length;
            const servers = on.desired.reduce((sum, vip) => sum + vip.servers.length, 0);
            assert.equal(flushes, entered && pass === 0 ? servers : 0);
          }
        }
      },
    ),
    { ...runs, numRuns: 100 },
  );
});

Deno.test("a VIP with a table of another length is named, and left as it is", async () => {
  await fc.assert(
    fc.asyncProperty(someDesired, someVpp, async (desired, vpp) => {
      const on = new Carrying(vpp, desired);
      await on.look();
      const present = new Map<string, ActualVip>([...on.known.all()].map((vip) => [vip.id, vip]));
      const plans = planAll(desired, present.values(), on.ledger);
      const anew = new Set(plans.flatMap(({ removals }) => removals.map(({ vip }) => vip.id)));
      const staying = desired.filter(({ id }) => present.has(id) && !anew.has(id));
      const told = describeTables(desired, present, plans);
      assert.equal(told.length, staying.length);
      for (const { kind, detail } of told) {
        assert.equal(kind, "vip-kept");
        const sentence = "keeps its 1024 buckets until it is made anew, vpp.lb.buckets is 4096";
        assert.equal(detail, sentence);
      }
      await on.everything();
      await on.look();
      for (const { id, flowTableLength } of on.known.all()) {
        assert.equal(flowTableLength, staying.some((vip) => vip.id === id) ? 1024 : 4096);
      }
    }),
    runs,
  );
});

/** What is the same of a VIP with this port, as it is wanted and as VPP has it. */
function port(number: number, encap: "gre4" | "gre6") {
  const key = { address: ip("192.0.2.1"), prefixLength: 32, protocol: 6, port: number };
  const id = `192.0.2.1/32 6 ${number}`;
  return { ...key, id, encap, sticky: false, flowTableLength: 1024 };
}

function present(number: number, encap: "gre4" | "gre6"): ActualVip {
  return { ...port(number, encap), poolIndex: number, servers: new Map() };
}

function wanted(number: number, encap: "gre4" | "gre6"): DesiredVip {
  return { ...port(number, encap), frontend: `f${number}`, servers: [] };
}

/** The ports whose VIPs are taken down, and for whom nothing is done. */
function takenDown({ removals, blocked }: PrefixPlan): unknown[] {
  return [removals.map(({ vip }) => vip.port), blocked.map(({ frontend }) => frontend)];
}

Deno.test("one sibling that may not be made anew, or is not wanted, is enough to block", () => {
  const actual = [80, 443, 8080].map((number) => present(number, "gre4"));
  const siblings = [80, 443, 8080].map((number) => wanted(number, "gre6"));
  const plan = (all: readonly DesiredVip[], ...free: string[]) =>
    takenDown(planOne(
      wanted(80, "gre6"),
      { actual, siblings: () => all, mayRecreate: (frontend) => free.includes(frontend) },
      new Ledger(),
    ));
  assert.deepEqual(plan(siblings, "f443", "f8080"), [[80, 443, 8080], []]);
  assert.deepEqual(plan(siblings, "f443"), [[], ["f80"]]);
  assert.deepEqual(plan(siblings.slice(0, 2), "f443", "f8080"), [[], ["f80"]]);
});

Deno.test("one VIP of another encap takes all of its address down, wanted or not", () => {
  const onlyGre4 = {
    desired: [wanted(80, "gre4"), wanted(443, "gre4")],
    actual: [present(80, "gre4"), present(443, "gre6"), present(8080, "gre6")],
  };
  assert.deepEqual(takenDown(planPrefix(onlyGre4, new Ledger())), [[80, 443, 8080], []]);
  const mixed = {
    desired: [wanted(80, "gre4"), wanted(443, "gre6")],
    actual: [present(80, "gre4"), present(443, "gre4")],
  };
  assert.deepEqual(takenDown(planPrefix(mixed, new Ledger())), [[80, 443], []]);
  const stale = { ...mixed, actual: [present(8080, "gre4")] };
  assert.deepEqual(takenDown(planPrefix(stale, new Ledger())), [[8080], []]);
});
