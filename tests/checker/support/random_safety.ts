import fc from "fast-check";
import type { Operation } from "../../../lib/checker/mod.ts";
import type { Config } from "../../../lib/config/mod.ts";
import { httpCheck, sketch } from "./bench.ts";

const names = ["a", "b", "c", "d", "e"];
const name = fc.constantFrom(...names);

/** Changes often, and is held for long. */
const flap = { changes: 2, withinMs: 600_000, holdMs: 60_000, maxHoldMs: 240_000 };

/** A configuration of some of the five backends with measures that keep traffic safe. */
export const safeConfig: fc.Arbitrary<Config> = fc.record({
  present: fc.subarray(names, { minLength: 2 }),
  disabled: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, fc.subarray(names)),
  subnet: fc.constantFrom(0, 0, 0, 1),
  port: fc.constantFrom(80, 80, 80, 81),
  rise: fc.constantFrom(1, 1, 2),
  fall: fc.constantFrom(1, 1, 2),
  isFlapHeld: fc.constantFrom(true, true, false),
  weights: fc.array(fc.constantFrom(0, 1, 50, 100), { minLength: 5, maxLength: 5 }),
  hasFallback: fc.boolean(),
  flushOnDown: fc.boolean(),
  failOpen: fc.constantFrom("never" as const, "all-down" as const, 50, 75, 100),
  slowStartMs: fc.constantFrom(0, 9_000, 90_000),
  drainDeadlineMs: fc.constantFrom(0, 5_000),
  maxRemovalsPercent: fc.constantFrom(100, 100, 50),
}).map(({ present, disabled, subnet, isFlapHeld, hasFallback, weights, ...of }): Config => {
  const { rise, fall, port, ...measures } = of;
  const timing = { intervalMs: 1_000, fastIntervalMs: 500, downIntervalMs: 1_000, timeoutMs: 1e9 };
  const check = httpCheck("web", { ...timing, rise, fall, port, ...isFlapHeld && { flap } });
  const weighed = (some: readonly string[]) =>
    Object.fromEntries(some.map((name) => [name, weights[names.indexOf(name)] ?? 0]));
  const half = Math.ceil(present.length / 2);
  return sketch({
    checks: [check],
    backends: Object.fromEntries(present.map((name) => [name, {
      at: `10.0.${subnet}.${names.indexOf(name)}`,
      enabled: !disabled.includes(name),
    }])),
    frontends: {
      f: hasFallback
        ? [weighed(present.slice(0, half)), weighed(present.slice(half))]
        : [weighed(present)],
      g: [weighed(present.slice(0, 2))],
    },
    ...measures,
  });
});

const place = {
  frontend: fc.constantFrom("f", "g"),
  pool: fc.constantFrom("pool0", "pool1"),
  backend: name,
};

const verb = fc.constantFrom(
  "pause" as const,
  "resume" as const,
  "enable" as const,
  "disable" as const,
  "reset" as const,
);

/** Anything that an operator may ask for. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ action: verb, backend: name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      action: fc.constant("drain" as const),
      backend: name,
      deadlineMs: fc.constantFrom(undefined, 3_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      action: fc.constant("weight" as const),
      ...place,
      weight: fc.constantFrom(0, 1, 40, 100),
      flush: fc.boolean(),
    }),
  },
  fc.record({ action: fc.constant("reset-weight" as const), ...place }),
  fc.record({ action: fc.constant("reset-frontend" as const), frontend: place.frontend }),
  fc.constant({ action: "reset-all" } as const),
);

/** Probes of a backend, or of all, have so many results of this kind. */
export interface Probed {
  readonly probe: string;
  readonly ok: boolean;
  readonly times: number;
}

/** What happens to a site. */
export type SafeAction =
  | Probed
  | { readonly waitMs: number }
  | { readonly ask: readonly Operation[] }
  | { readonly load: Config };

/** Anything that may happen to a site; mostly probes. */
export const safeAction: fc.Arbitrary<SafeAction> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      probe: fc.constantFrom(...names, "all"),
      ok: fc.boolean(),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ waitMs: fc.constantFrom(1_000, 3_000, 30_000, 100_000) }) },
  { weight: 7, arbitrary: fc.record({ ask: fc.array(operation, { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ load: safeConfig }) },
);
