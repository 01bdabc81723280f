import assert from "node:assert/strict";
import { Bench, type ConfigSketch, fail, httpCheck, pass, sketch } from "./bench.ts";

export const flap = { changes: 4, withinMs: 600_000, holdMs: 60_000, maxHoldMs: 200_000 };
export const fast = {
  intervalMs: 1_000,
  fastIntervalMs: 1_000,
  downIntervalMs: 1_000,
  rise: 1,
  fall: 1,
};
export const site: ConfigSketch = {
  checks: [httpCheck("web", { ...fast, flap })],
  backends: { a: {}, b: {}, c: {} },
  frontends: { f: [{ a: 100, b: 50 }], g: [{ a: 10, c: 20 }] },
};

/** All are up and nothing has happened yet. */
export function up(change: Partial<ConfigSketch> = {}): Bench {
  const bench = new Bench(sketch({ ...site, ...change }), { answers: pass });
  bench.clock.advance(5_000);
  bench.events.length = 0;
  return bench;
}

/** From now on the servers at these places of the file are the only ones that answer. */
export function answering({ prober }: Bench, ...well: readonly number[]): void {
  const addresses = well.map((at) => `10.0.0.${at}`);
  prober.answers = ({ address }) => addresses.includes(address.text) ? pass : fail;
}

/** `a` goes down and up so often that it is held the next time it goes down. */
export function flapping(bench: Bench): void {
  for (let i = 0; i < 5; i++) {
    if (i % 2 === 0) answering(bench, 1, 2);
    else answering(bench, 0, 1, 2);
    const want = i % 2 === 0 ? "down" : "up";
    while (bench.state("a") !== want) bench.clock.advance(1);
  }
}

export function told({ checker }: Bench): unknown[] {
  const { weight, flush, reason } = checker.frontend("f")?.weights[0] ?? assert.fail();
  return [weight, flush, reason.kind];
}

export function isHeld({ checker }: Bench): boolean {
  return checker.backend("a")?.flapHold !== undefined;
}
