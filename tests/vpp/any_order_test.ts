import fc from "fast-check";
import assert from "node:assert/strict";
import type { BackendState } from "../../lib/health/mod.ts";
import { steer } from "../support/steer.ts";
import { Bed } from "./support/bed.ts";
import { configOf, type ConfigWish } from "./support/wishes.ts";

const backends = { b1: "10.0.0.1", b2: "10.0.0.2", b3: "10.0.0.3" };
const configs: readonly ConfigWish[] = [
  {
    backends,
    frontends: {
      a: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
      b: { vip: "192.0.2.1", key: "tcp 443", pools: [{ b1: 1, b3: 2 }] },
      c: { vip: "2001:db8::1", key: "any", flushOnDown: false, pools: [{ b2: 100 }] },
    },
  },
  {
    backends: { b1: "fd00::1", b2: "fd00::2", b3: "fd00::3" },
    frontends: {
      a: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
      b: { vip: "192.0.2.1", key: "tcp 443", sticky: true, pools: [{ b1: 1, b3: 2 }] },
      d: { vip: "192.0.2.4", key: "udp 53", pools: [{ b2: 100 }] },
    },
  },
  {
    backends: { b1: "10.0.0.1", b2: "10.0.0.2", b3: "2001:db8::1" },
    frontends: { a: { vip: "192.0.2.1", key: "any", pools: [{ b1: 100, b2: 50 }] } },
  },
];

const states: readonly BackendState[] = ["up", "down", "disabled", "paused", "unknown"];
const act = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant("state"), fc.nat(2), fc.nat(4)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("weight"), fc.nat(2), fc.nat(100)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("reload"), fc.nat(2), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("ask"), fc.nat(1), fc.nat(1)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("wait"), fc.nat(40), fc.nat(1)) },
);
const disturbance = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant("hand"), fc.nat(3), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("cut"), fc.nat(1), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("restart"), fc.nat(1), fc.nat(1)) },
);

async function perform([what, one, two]: [string, number, number], bed: Bed): Promise<void> {
  const { checker, sim } = bed;
  const name = `b${one % 3 + 1}`;
  switch (what) {
    case "state":
      return bed.set(states[two] ?? "up", name);
    case "weight":
      if (
        checker.frontend("a")?.config.pools[0]?.backends.some(({ backend }) => backend === name)
      ) {
        steer(checker).setWeight("a", "pool0", name, two, two % 2 === 0);
      }
      return;
    case "reload":
      checker.reload(configOf(configs[one] ?? assert.fail())).catch(assert.fail);
      return;
    case "ask":
      // Refused while VPP is away, and lost with the connection.
      bed.vpp.sync(one === 0 ? "a" : undefined).catch(() => {});
      return;
    case "wait":
      return await bed.pass(one);
    case "cut":
      return sim.cut();
    case "restart":
      return sim.restart();
    case "hand":
      return byHand(sim.byHand, one, `10.0.0.${two + 1}`);
  }
}

function byHand(hand: Bed["sim"]["byHand"], what: number, server: string): void {
  const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
  if (what === 0) hand.setWeight(vip, server, 77);
  if (what === 1) hand.deleteServer(vip, server);
  if (what === 2) hand.addServer(vip, server, 33);
  if (what === 3) hand.deleteVip(vip);
}

/** Connected and in step, then whatever is to happen, and rest. */
async function after(acts: readonly [string, number, number][]): Promise<Bed> {
  const bed = new Bed(configs[0] ?? assert.fail(), { delayMs: 3 });
  await bed.start();
  for (const each of acts) await perform(each, bed);
  await bed.pass(2_000);
  return bed;
}

Deno.test("whatever happens in whatever order, at rest VPP holds what is desired", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
      await using bed = await after(acts);
      assert.deepEqual(bed.state(), bed.wanted(), bed.story());
      assert.deepEqual(bed.log.named("vpp-reconciler-error"), []);
      assert.deepEqual(bed.log.named("vpp-altered"), []);
      assert.equal(bed.vpp.step()?.inStep, true);
      assert.deepEqual((await bed.while(bed.vpp.plan())).changes, []);
    }),
    { seed: 26_10, numRuns: 60 },
  );
});

Deno.test("with somebody else's hands in it too, one full sync later it does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(act, disturbance), { maxLength: 40 }), async (acts) => {
      await using bed = await after(acts);
      await bed.while(bed.vpp.sync());
      assert.deepEqual(bed.state(), bed.wanted(), bed.story());
      assert.equal(bed.vpp.step()?.inStep, true);
      assert.deepEqual((await bed.while(bed.vpp.plan())).changes, []);
      assert.equal(bed.log.named("vpp-altered").length, bed.altered);
    }),
    { seed: 26_10, numRuns: 60 },
  );
});
