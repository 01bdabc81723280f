/** What is measured, and what comes out. */

/**
 * Types of check; `slow` is http with a server that answers after 3 ms, and a timeout of 15 ms; `https`
 * is a whole handshake each time, of a certificate that is not verified.
 */
const loadTypes = ["http", "https", "slow", "tcp", "icmp"] as const;

type LoadType = (typeof loadTypes)[number];

/** Where the server that answers after 3 ms listens. */
export const slowPort = 81;
/** Where nginx speaks TLS. */
export const tlsPort = 443;

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
  /** Checks that began more than 10 and more than 50 ms late, where the checker tells. */
  readonly delays?: { readonly delayed: number; readonly late: number };
  /** Resident memory at the end, in MB. */
  readonly resident: number;
}

/** More backends than this are made only where their number is given: intervals get shorter instead. */
const mostBackends = 10_000;
/** There are addresses for so many. */
const mostAddresses = 65_000;

/** Reads `http@2000`, or `tcp@30000/30000` with the number of backends. */
export function parseLoad(text: string): Load {
  const [name, rateText = "", backendsText] = text.split(/[@/]/);
  const rate = Number(rateText);
  const backends = Number(backendsText ?? Math.min(rate, mostBackends));
  const type = loadTypes.find((each) => each === name);
  if (type === undefined || !(rate > 0) || !(backends > 0 && backends <= mostAddresses)) {
    const kinds = loadTypes.map((each) => `${each}@RATE[/BACKENDS]`).join(", ");
    throw new Error(`a load is ${kinds}, not ${text}`);
  }
  return { type, rate, backends, intervalMs: 1000 * backends / rate };
}

/** The address of backend number `index`: 127.1.0.0 and up, all of them this host. */
export function backendAddress(index: number): string {
  return `127.1.${index >> 8}.${index & 255}`;
}
