/** What is measured, and what comes out. */

/** Types of check; `slow` is http with a server that answers after 3 ms, and a timeout of 15 ms. */
const loadTypes = ["http", "slow", "tcp", "icmp"] as const;

type LoadType = (typeof loadTypes)[number];

/** Where the server that answers after 3 ms listens. */
export const slowPort = 81;

/** Checks of one type at one rate. */
export interface Load {
  readonly type: LoadType;
  /** Checks per second. */
  readonly rate: number;
  /** Backends that share the rate, each with a loopback address of its own. */
  readonly backends: number;
  /** Between two checks of one backend. */
  readonly intervalMs: number;
}

/** One measurement. CPU is in microseconds per check. */
export interface Measured {
  /** Checks per second that came to a result. */
  readonly rate: number;
  readonly user: number;
  readonly system: number;
  /** Checks that failed, although the server was well. */
  readonly failures: number;
}

/** More backends than this are not made: their intervals get shorter instead. */
const mostBackends = 10_000;

/** Reads `http@2000`. */
export function parseLoad(text: string): Load {
  const [name, rateText] = text.split("@");
  const rate = Number(rateText);
  const type = loadTypes.find((each) => each === name);
  if (type === undefined || !(rate > 0)) {
    throw new Error(`a load is ${loadTypes.map((each) => `${each}@RATE`).join(", ")}, not ${text}`);
  }
  const backends = Math.min(rate, mostBackends);
  return { type, rate, backends, intervalMs: 1000 * backends / rate };
}

/** The address of backend number `index`: 127.1.0.0 and up, all of them this host. */
export function backendAddress(index: number): string {
  return `127.1.${index >> 8}.${index & 255}`;
}
