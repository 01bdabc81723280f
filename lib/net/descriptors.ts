import { errno, libc } from "./libc.ts";
import { NetError } from "./errno.ts";

/** getrlimit(2), the same on x86-64 and arm64. */
const RLIMIT_NOFILE = 7;

/**
 * Descriptors that belong to nobody's share: Deno holds 20 when it starts and takes some for files
 * and DNS as it goes, and about 8 for each of the threads, which are two that probe, that of the
 * state and that of big configurations; VPP takes 4, the listeners 4 to 8, and pings up to three for
 * each namespace, family and source. Where there are few, it is hoped that not all are needed.
 */
const ownDescriptors = 64;
const fewestOwnDescriptors = 40;
/** Nobody's part of a low limit. */
const ownPart = 1 / 4;

/** The part of what is left that connections of the API and of metrics may take together. */
const serversPart = 1 / 4;

/** The part of the probes' share that targets may take which did not answer last time. */
const suspectsPart = 1 / 2;

/** The part of the probes' share that may be sockets which wait for the next probe, … */
const idlePart = 1 / 16;
/** … and how many: as many as near peers have at a time at 20,000 probes a second. */
const mostIdle = 256;

/** How many descriptors this process may have open (RLIMIT_NOFILE). Throws {@link NetError}. */
export function descriptorLimit(): number {
  const limits = new BigUint64Array(2);
  if (libc.getrlimit(RLIMIT_NOFILE, new Uint8Array(limits.buffer)) !== 0) {
    throw new NetError("ask for the limit of file descriptors", errno());
  }
  return Number(limits[0]);
}

/** Who may have how many descriptors. */
export interface DescriptorShares {
  /** Sockets of probes, all together. */
  readonly probes: number;
  /** Those of {@link probes} that may go to targets which did not answer last time. */
  readonly suspects: number;
  /** Connections of clients, to the API and to metrics together. */
  readonly servers: number;
}

/** Divides a limit, so that neither probes nor clients take what VPP and the rest need. Pure. */
export function descriptorShares(limit: number): DescriptorShares {
  const wanted = Math.min(ownDescriptors, Math.floor(limit * ownPart));
  const rest = Math.max(0, limit - Math.max(fewestOwnDescriptors, wanted));
  const servers = Math.max(1, Math.floor(rest * serversPart));
  const probes = Math.max(2, rest - servers);
  return { probes, suspects: Math.floor(probes * suspectsPart), servers };
}

/** Where {@link Admission} counts: all sockets, and those to suspects. Threads may share it. */
export function newAdmissionCounts(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(8));
}

const allAt = 0;
const suspectsAt = 1;

/** Counts the sockets of probes and says when there shall be no more of them. */
export class Admission {
  readonly #shares: DescriptorShares;
  readonly #limit: number;
  readonly #counts: Int32Array<SharedArrayBuffer>;

  /** `limit` is that of the process; `counts` are shared with whoever else probes in it. */
  constructor(limit: number, counts: Int32Array<SharedArrayBuffer> = newAdmissionCounts()) {
    this.#limit = limit;
    this.#counts = counts;
    this.#shares = descriptorShares(limit);
  }

  /** How many more there may be. */
  get left(): number {
    return this.#shares.probes - Atomics.load(this.#counts, allAt);
  }

  /** How many sockets may be kept for later. */
  get idle(): number {
    return Math.min(mostIdle, Math.floor(this.#shares.probes * idlePart));
  }

  /** Counts one more, or says why there may not be one. Each one taken has to be given back. */
  take(suspect: boolean): string | undefined {
    const { probes, suspects } = this.#shares;
    if (Atomics.add(this.#counts, allAt, 1) >= probes) {
      Atomics.sub(this.#counts, allAt, 1);
      return this.#asManyAsMayBe(`${probes} probes are under way`);
    }
    if (suspect && Atomics.add(this.#counts, suspectsAt, 1) >= suspects) {
      this.giveBack(true);
      return this.#asManyAsMayBe(`${suspects} probes wait for silent backends`);
    }
    return undefined;
  }

  /** One that was taken is not needed any more. */
  giveBack(suspect: boolean): void {
    Atomics.sub(this.#counts, allAt, 1);
    if (suspect) Atomics.sub(this.#counts, suspectsAt, 1);
  }
  #asManyAsMayBe(what: string): string {
    return `${what}, as many as may be within the ${this.#limit} file descriptors of this process`;
  }
}
