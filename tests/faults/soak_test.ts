import fc from "fast-check";
import assert from "node:assert/strict";
import type { Fault, VppProcess } from "../../lib/sim/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench } from "./support/bench.ts";
import { type FrontendSketch, type Site, smallSite } from "./support/site.ts";

/** Override to walk other ways: `SOAK_SEED`, `SOAK_STEPS`. */
const seed = Number(Deno.env.get("SOAK_SEED") ?? 7);
const steps = Number(Deno.env.get("SOAK_STEPS") ?? 120);

const names = Object.keys(smallSite.backends);

/** One thing that happens. */
type Step =
  | { readonly kind: "health"; readonly backend: string; readonly isWell: boolean }
  | {
    readonly kind: "operator";
    readonly verb: "pause" | "resume" | "enable" | "disable";
    readonly backend: string;
  }
  | { readonly kind: "weight"; readonly weight: number; readonly flush: boolean }
  | { readonly kind: "reload"; readonly site: Site }
  | { readonly kind: "restart" | "kill" | "hang" | "drop-stats" | "maglevd" }
  | { readonly kind: "by-hand"; readonly server: string; readonly weight: number }
  | { readonly kind: "fault"; readonly fault: Fault; readonly nth: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "rest" };

const backend = fc.constantFrom(...names);
const flag = fc.boolean();

const frontend: fc.Arbitrary<FrontendSketch> = fc.record({
  address: fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::53"),
  port: fc.constantFrom(80, 443),
  sticky: flag,
  flushOnDown: flag,
  pools: fc.constantFrom(
    [{ a: 100, b: 50 }, { c: 30 }],
    [{ a: 100 }],
    [{ b: 1, c: 99 }],
    [{ c: 0, a: 100 }],
    [{ d: 100, e: 100 }],
    [{ e: 7 }, { d: 100 }],
  ),
});

/** Sites whose frontends VPP would hold together: one key each, one encap per address. */
const site: fc.Arbitrary<Site> = fc.array(frontend, { minLength: 1, maxLength: 4 }).map((list) => {
  const chosen = new Map<string, FrontendSketch>();
  const families = new Map<string, boolean>();
  for (const one of list) {
    const isV6 = one.pools.some((pool) => "d" in pool || "e" in pool);
    if ((families.get(one.address) ?? isV6) !== isV6) continue;
    families.set(one.address, isV6);
    chosen.set(`f${one.address.replace(/[.:]/g, "x")}p${one.port}`, one);
  }
  return { ...smallSite, frontends: Object.fromEntries(chosen) };
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant("health" as const), backend, isWell: flag }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("operator" as const),
      verb: fc.constantFrom(
        "pause" as const,
        "resume" as const,
        "enable" as const,
        "disable" as const,
      ),
      backend,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("weight" as const),
      weight: fc.integer({ min: 0, max: 100 }),
      flush: flag,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("reload" as const), site }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("restart", "kill", "hang", "drop-stats", "maglevd"),
    }) as fc.Arbitrary<Step>,
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("by-hand" as const),
      server: fc.constantFrom("10.1.0.1", "10.1.0.3", "10.9.9.9", "fd00:1::2"),
      weight: fc.integer({ min: -1, max: 255 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      nth: fc.integer({ min: 1, max: 12 }),
      fault: fc.constantFrom<Fault>(
        { kind: "silence" },
        { kind: "late", ms: 3000 },
        { kind: "duplicate" },
        { kind: "reorder" },
        { kind: "wrong-context" },
        { kind: "garbage" },
        { kind: "die", when: "after" },
        { kind: "die", when: 12 },
      ),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.integer({ min: 1, max: 9000 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: "rest" as const }) },
);

Deno.test(`flaps, operators, reloads and restarts (seed ${seed}): at each rest VPP holds what is wanted`, async () => {
  const [walk = []] = fc.sample(fc.array(step, { minLength: steps, maxLength: steps }), {
    seed,
    numRuns: 1,
  });
  await using bench = new Bench();
  await bench.begin();
  for (const [i, one] of walk.entries()) {
    try {
      await take(bench, one);
    } catch (error) {
      throw new Error(`at step ${i} of seed ${seed}: ${JSON.stringify(one)}`, { cause: error });
    }
  }
  await rest(bench);
});

async function take(bench: Bench, one: Step): Promise<void> {
  const { vpp, checker } = bench;
  switch (one.kind) {
    case "health":
      return bench.health(one.backend, one.isWell);
    case "operator":
      return operate(() => steer(checker)[one.verb](one.backend));
    case "weight":
      return operate(() => {
        const frontend = checker.frontend(checker.frontendNames()[0] ?? "");
        const first = frontend?.weights[0];
        if (!frontend || !first) return;
        steer(checker).setWeight(
          frontend.config.name,
          first.pool,
          first.backend,
          one.weight,
          one.flush,
        );
      });
    case "reload":
      return await bench.reload(one.site);
    case "restart":
      vpp.start();
      return vpp.restart();
    case "kill":
      return vpp.kill();
    case "hang":
      return vpp.hang();
    case "drop-stats":
      return vpp.stopStats();
    case "maglevd":
      await bench.stop();
      return bench.start();
    case "by-hand":
      return tinker(vpp, one.server, one.weight);
    case "fault": {
      let left = one.nth;
      vpp.misbehave({ when: () => --left === 0, times: 1, fault: one.fault });
      return;
    }
    case "pass":
      return await bench.pass(one.ms);
    case "rest":
      return await rest(bench);
  }
}

/** Somebody changes the first VIP, or with a weight of -1 adds one that nobody asked for. */
function tinker(vpp: VppProcess, server: string, weight: number): void {
  if (!vpp.running) return;
  const first = vpp.state().find(({ used }) => used);
  if (weight < 0 || !first) {
    vpp.byHand.addVip({ prefix: "203.0.113.9/32", protocol: 6, port: 80, encap: "gre4" });
  } else if (weight === 0) vpp.byHand.deleteVip(first);
  else if (vpp.byHand.setWeight(first, server, weight) !== 0) {
    vpp.byHand.addServer(first, server, weight);
  }
}

/** Everything is let go on, and after a while VPP holds what is wanted. */
async function rest(bench: Bench): Promise<void> {
  bench.vpp.behave();
  bench.vpp.start();
  bench.vpp.startStats();
  await bench.pass(10_000);
  await bench.inStep();
  await bench.until("maglevd is connected", () => bench.connected);
  let plan = await planOf(bench);
  // A flush whose reply was lost is in step and still to be done: the next connection does it.
  for (let tries = 0; plan !== "[]" && tries < 6; tries++) {
    await bench.pass(10_000);
    plan = await planOf(bench);
  }
  assert.equal(plan, "[]");
}

/** What maglevd would change now. Asking may fail while it finds out that VPP has gone. */
async function planOf(bench: Bench): Promise<string> {
  const plan = bench.service.plan().then(({ changes }) => changes, (error) => error.message);
  return JSON.stringify(await bench.while(plan));
}

/** Operators are refused now and then, such as when they resume what is disabled. */
function operate(ask: () => void): void {
  try {
    ask();
  } catch (error) {
    if (!(error instanceof Error && error.name === "OperatorError")) throw error;
  }
}
