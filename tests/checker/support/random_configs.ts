import fc from "fast-check";
import type { Config } from "../../../lib/config/mod.ts";
import { httpCheck, sketch } from "./bench.ts";

const names = ["a", "b", "c", "d", "e"];
/** One of the five. */
export const name = fc.constantFrom(...names);

/** A configuration of some of the five backends; the probes' timeout never strikes. */
export const config = fc.record({
  present: fc.subarray(names, { minLength: 1 }),
  disabled: fc.subarray(names),
  otherCheck: fc.subarray(names),
  rise: fc.integer({ min: 1, max: 3 }),
  fall: fc.integer({ min: 1, max: 3 }),
  subnet: fc.nat(1),
  port: fc.constantFrom(80, 80, 81),
  netns: fc.constantFrom("", "", "", "dataplane"),
  history: fc.integer({ min: 1, max: 4 }),
  weights: fc.array(fc.constantFrom(0, 1, 100), { minLength: 5, maxLength: 5 }),
  flushOnDown: fc.boolean(),
}).map((of): Config => {
  const { rise, fall } = of;
  const checks = [
    httpCheck("one", { rise, fall, timeoutMs: 1e9 }),
    httpCheck("two", { rise: 2, fall: 2, intervalMs: 700, timeoutMs: 1e9, port: of.port }),
  ];
  const weighed = (some: readonly string[]) =>
    Object.fromEntries(some.map((name) => [name, of.weights[names.indexOf(name)] ?? 0]));
  const [first, rest] = [of.present.slice(0, 2), of.present.slice(2)];
  return sketch({
    checks,
    backends: Object.fromEntries(of.present.map((name) => [name, {
      at: `10.0.${of.subnet}.${names.indexOf(name)}`,
      enabled: !of.disabled.includes(name),
      healthcheck: of.otherCheck.includes(name) ? "two" : "one",
    }])),
    frontends: {
      // Two pools, a frontend of its own for the first backend; the last may be used by none.
      f: rest.length > 1 ? [weighed(first), weighed(rest.slice(1))] : [weighed(first)],
      g: [weighed(of.present.slice(0, 1))],
    },
    ...{ netns: of.netns, history: of.history, flushOnDown: of.flushOnDown },
  });
});
