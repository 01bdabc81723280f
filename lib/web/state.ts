import type {
  Backend,
  Check,
  Frontend,
  JournalEntry,
  Link,
  Pulse,
  Rate,
  Snapshot,
  Status,
  Step,
  Unavailable,
  Vpp,
} from "./wire.ts";

/** So many entries of the journal are kept for the live tail. */
export const journalKept = 300;
/** Strips show so many milliseconds. */
export const stripMs = 3_600_000;
/** And so many steps at most. */
export const stepsKept = 60;
/** Of each backend, so many durations of probes are kept. */
export const durationsKept = 30;
/** Transitions that a backend is shown with without asking. */
export const transitionsKept = 5;

/** The last probes of a backend: the oldest first, in milliseconds; failed ones are negative. */
export type Durations = readonly number[];

/** A rate without its name: packets and bits a second; bits are -1 where they are not its own. */
export type Flow = readonly [packets: number, bits: number];

/** Everything that is known of one maglevd. Objects in it are replaced, never changed. */
export interface MaglevdState {
  readonly name: string;
  readonly link: Link;
  /** When all backends and frontends were read last, in Unix milliseconds; 0: never. */
  readonly readAt: number;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly frontends: ReadonlyMap<string, Frontend>;
  readonly checks: ReadonlyMap<string, Check>;
  /** Undefined: not told, by an older maglevd or not yet. */
  readonly status: Status | undefined;
  readonly vpp: Vpp | Unavailable | undefined;
  /** The newest first. */
  readonly journal: readonly JournalEntry[];
  /** Of frontends, the states of the last hour. */
  readonly steps: ReadonlyMap<string, readonly Step[]>;
  /** Undefined: they are not kept, since nobody looks at them here. */
  readonly durations: ReadonlyMap<string, Durations> | undefined;
  /** Of backends whose probe takes long, since when it runs: Unix milliseconds. */
  readonly running: ReadonlyMap<string, number>;
  readonly frontendRates: ReadonlyMap<string, Flow>;
  readonly backendRates: ReadonlyMap<string, Flow>;
  /** Of the rates, in Unix milliseconds; 0: there are none. */
  readonly trafficAt: number;
}

/** A maglevd of which nothing is known. */
export function unheard(name: string, since: number): MaglevdState {
  return {
    name,
    link: { state: "new", since, reason: "" },
    readAt: 0,
    backends: new Map(),
    frontends: new Map(),
    checks: new Map(),
    status: undefined,
    vpp: undefined,
    journal: [],
    steps: new Map(),
    durations: undefined,
    running: new Map(),
    frontendRates: new Map(),
    backendRates: new Map(),
    trafficAt: 0,
  };
}

/** The same, as it travels. */
export function snapshotOf(state: MaglevdState): Snapshot {
  const { name, link, backends, frontends, checks, status, vpp, journal, steps } = state;
  const { readAt, trafficAt } = state;
  const flows = (rates: ReadonlyMap<string, Flow>): Rate[] =>
    [...rates].map(([name, [packets, bits]]) => [name, packets, bits]);
  return {
    name,
    link,
    reading: {
      kind: "reading",
      ...readAt !== 0 && { at: readAt },
      backends: [...backends.values()],
      frontends: [...frontends.values()],
      checks: [...checks.values()],
      ...status && { status },
      ...vpp && { vpp },
      journal,
      steps: Object.fromEntries(steps),
    },
    traffic: trafficAt === 0 ? undefined : {
      kind: "traffic",
      at: trafficAt,
      frontends: flows(state.frontendRates),
      backends: flows(state.backendRates),
    },
    running: [...state.running],
  };
}

/** Adds a probe to the last ones. */
export function withDuration(known: Durations | undefined, [, ok, , ms]: Pulse): Durations {
  return [...known ?? [], ok ? ms : -Math.max(ms, 0.001)].slice(-durationsKept);
}
