import type { CheckType } from "../config/mod.ts";
import type { ProbeTarget } from "../probes/mod.ts";
import type { Board } from "./board.ts";
import type { DatedResult } from "./types.ts";

/** What is probed in one way, which decides about the thread that does it: its row is only its own. */
export interface ProbeKind {
  readonly type: CheckType;
  readonly isTls: boolean;
}

/** How a target is probed. */
export function kindOf({ check }: ProbeTarget): ProbeKind {
  const isTls = check.type === "https" || (check.type === "tcp" && check.tls !== undefined);
  return { type: check.type, isTls };
}

/** Where a job's results are. */
export interface Place {
  readonly board: Board;
  readonly row: number;
  readonly kind: ProbeKind;
}

/** How long the last probes of one target took, in milliseconds. */
export interface ProbeTimes {
  /** How many these are, from 1 up to 100. */
  readonly count: number;
  /** Half of them took no longer, … */
  readonly p50: number;
  /** … and 95 of 100 no longer than this. */
  readonly p95: number;
  readonly max: number;
}

/** What is probed for `owner`, and what came of it. */
export class ProbeJob<T> {
  /** @internal Undefined until it is probed. */
  place: Place | undefined;
  /** @internal Of its last order. */
  revision = 0;
  /** @internal Older reports, and what is older on the board, count no more. */
  countsFrom = 0;
  /** The last result before those that count now. */
  #former: DatedResult | undefined;

  /** `target` is what to probe from the next order on. */
  constructor(readonly owner: T, public target: ProbeTarget) {}

  /** The last result that there was; undefined before the first. */
  get last(): DatedResult | undefined {
    return this.#noted() ?? this.#former;
  }

  /** The rise/fall counter, if a result of the last order has been counted. */
  get counter(): number | undefined {
    return this.place?.board.counter(this.place.row, this.revision);
  }

  /**
   * How long the last probes took since the present target began to be probed, those aside that
   * could not be made. Worked out when asked for: some microseconds.
   */
  get times(): ProbeTimes | undefined {
    return this.place &&
      probeTimes(this.place.board.durations(this.place.row, this.countsFrom));
  }

  /**
   * Unix milliseconds at which the certificate ends that the present target showed last; undefined
   * while none was seen.
   */
  get certificateEnd(): number | undefined {
    return this.place?.board.certificateEnd(this.place.row, this.countsFrom);
  }

  /** Knows what `other` knows, for trying something out: it must never be probed. */
  resemble(other: ProbeJob<T>): void {
    this.place = other.place;
    this.revision = other.revision;
    this.countsFrom = other.countsFrom;
    this.#former = other.#former;
  }

  /** What `other` was, this one is now. */
  inherit(other: ProbeJob<T>): void {
    this.#former = other.last;
  }

  /** @internal Nothing older than `revision` counts from now on, but it is remembered. */
  outdate(revision: number): void {
    this.#former = this.last;
    this.countsFrom = this.revision = revision;
  }

  #noted(): DatedResult | undefined {
    const noted = this.place?.board.read(this.place.row);
    return noted && noted.revision >= this.countsFrom ? noted.result : undefined;
  }
}

/**
 * What durations come to, by nearest rank: each figure is one that was measured. Undefined for
 * none. The durations are put in order.
 */
export function probeTimes(durations: Float32Array): ProbeTimes | undefined {
  const count = durations.length;
  if (count === 0) return undefined;
  durations.sort();
  const atRank = (share: number) => durations[Math.ceil(share * count) - 1] ?? 0;
  return { count, p50: atRank(.5), p95: atRank(.95), max: atRank(1) };
}
