import type { Mood } from "./backend.ts";
import { type DemoBackendName, demoBackends } from "./config.ts";

/** What a step does. */
export type Deed =
  /** These backends behave like this from now on. */
  | { readonly kind: "become"; readonly backends: readonly DemoBackendName[]; readonly mood: Mood }
  /** Somebody calls maglevd's API. */
  | {
    readonly kind: "call";
    readonly method: "DrainBackend" | "EnableBackend";
    readonly backend: DemoBackendName;
  };

/** One thing that happens. */
export interface Step {
  /** After the step before, in seconds. */
  readonly after: number;
  readonly deed: Deed;
  /** What the narrator says. */
  readonly says: string;
}

/** When maglevd is started again, once: after all has healed, in seconds. */
export const restartAfter = 5;

/** What the narrator says of that. */
export const restartSays =
  "maglevd is killed and started again: no weight changes, and `show events` still knows";

/**
 * What happens first. Both servers of Amsterdam are out of order from the second step on, so within
 * 15 seconds of the start the website fails over to Zurich, and later back.
 */
export const firstAct: readonly Step[] = [
  { after: 5, deed: become("ailing", "ams1"), says: "ams1 starts to answer 503" },
  {
    after: 5,
    deed: become("gone", "ams2"),
    says: "ams2 crashes: www should fail over to zurich",
  },
  { after: 8, deed: become("well", "ams1"), says: "ams1 is repaired: www should move back" },
  { after: 6, deed: become("well", "ams2"), says: "ams2 is started again" },
  { after: 6, deed: become("silent", "zrh1"), says: "zrh1 hangs: it accepts, and says nothing" },
  { after: 8, deed: become("well", "zrh1"), says: "zrh1 recovers" },
];

const everybody = demoBackends.map(({ name }) => name);

/** What happens after maglevd was started again: what keeps traffic safe, in 40 seconds. */
export const secondAct: readonly Step[] = [
  {
    after: 4,
    deed: become("silent", ...everybody),
    says: "the route to all servers is gone: api goes down, www fails open and keeps its servers",
  },
  { after: 7, deed: become("well", ...everybody), says: "the route is back" },
  { after: 4, deed: become("ailing", "zrh1"), says: "zrh1 goes down, and up, and down again…" },
  { after: 3, deed: become("well", "zrh1"), says: "… up …" },
  { after: 3, deed: become("ailing", "zrh1"), says: "… down: it flaps, and is to be kept down" },
  { after: 3, deed: become("well", "zrh1"), says: "zrh1 is well, but kept down for a while" },
  {
    after: 2,
    deed: { kind: "call", method: "DrainBackend", backend: "ams1" },
    says: "somebody drains ams1: no new flows, the old ones may end",
  },
  {
    after: 8,
    deed: { kind: "call", method: "EnableBackend", backend: "ams1" },
    says: "and puts it back into service",
  },
];

function become(mood: Mood, ...backends: readonly DemoBackendName[]): Deed {
  return { kind: "become", backends, mood };
}
