import type { Clock, Timer } from "../time/mod.ts";
import type { LogAttributes, Logger, LogLevel } from "./types.ts";

/** How many records of one kind are written, and what makes them of one kind. */
export interface LogRate {
  /** So many are written in each window. */
  readonly burst: number;
  /** Milliseconds from the first record of a window to its end. */
  readonly windowMs: number;
  /** Records of one name that differ in this are counted apart: a backend, say. */
  readonly by?: (attributes: LogAttributes) => string | undefined;
}

/** Milliseconds after which it is told how many were left out. */
const summaryMs = 60_000;

/** The first few say what it is about; from then on a number a minute does. */
const usual: LogRate = { burst: 5, windowMs: summaryMs };

/** Kinds that are counted at a time: what comes after that many costs the oldest its count. */
const mostKinds = 4096;

/** What was written of one kind in its window. */
interface Count {
  readonly until: number;
  written: number;
  suppressed: number;
  /** The last one that was left out. */
  last: { readonly level: Limited; readonly attributes: LogAttributes } | undefined;
}

type Limited = Exclude<LogLevel, "debug">;

/**
 * A log for what a peer, a backend or VPP can cause by the million: of each kind the first records
 * are written, and of the others each minute a `log-limited` that says how many there were, with
 * the attributes of the last. Debug records all pass. It holds a bounded amount of memory.
 */
export class LimitedLog implements Logger, Disposable {
  readonly #counts = new Map<string, Count>();
  #timer: Timer | undefined;

  /**
   * `rateOf` says how often records of a name may come, undefined for those without a limit; all
   * have the usual one if it is left out.
   */
  constructor(
    private readonly log: Logger,
    private readonly clock: Clock,
    private readonly rateOf: (msg: string) => LogRate | undefined = () => usual,
  ) {}

  debug(msg: string, attributes?: LogAttributes): void {
    this.log.debug(msg, attributes);
  }

  info(msg: string, attributes: LogAttributes = {}): void {
    this.#write("info", msg, attributes);
  }

  warn(msg: string, attributes: LogAttributes = {}): void {
    this.#write("warn", msg, attributes);
  }

  error(msg: string, attributes: LogAttributes = {}): void {
    this.#write("error", msg, attributes);
  }

  enabled(level: LogLevel): boolean {
    return this.log.enabled(level);
  }

  /** Kinds that are counted. */
  get kinds(): number {
    return this.#counts.size;
  }

  /** Tells what has not been told. Nothing is lost if records come later. */
  [Symbol.dispose](): void {
    this.#summarise();
  }

  #write(level: Limited, msg: string, attributes: LogAttributes): void {
    const rate = this.rateOf(msg);
    if (!rate) return this.log[level](msg, attributes);
    const count = this.#countOf(msg, rate, attributes);
    if (count.written < rate.burst) {
      count.written++;
      return this.log[level](msg, attributes);
    }
    count.suppressed++;
    count.last = { level, attributes };
    this.#timer ??= this.clock.after(summaryMs, () => this.#summarise());
  }

  #countOf(msg: string, { by, windowMs }: LogRate, attributes: LogAttributes): Count {
    const kind = `${msg} ${by?.(attributes) ?? ""}`;
    const now = this.clock.now();
    const known = this.#counts.get(kind);
    if (known && now < known.until) return known;
    if (known) this.#forget(kind, known);
    const count: Count = { until: now + windowMs, written: 0, suppressed: 0, last: undefined };
    this.#counts.set(kind, count);
    for (const [oldest, other] of this.#counts) {
      if (this.#counts.size <= mostKinds) break;
      this.#forget(oldest, other);
    }
    return count;
  }

  #forget(kind: string, count: Count): void {
    this.#tell(kind, count);
    this.#counts.delete(kind);
  }

  /** Tells of all that were left out, and lets go of what is over. */
  #summarise(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const now = this.clock.now();
    for (const [kind, count] of this.#counts) {
      this.#tell(kind, count);
      if (now >= count.until) this.#counts.delete(kind);
    }
  }

  #tell(kind: string, count: Count): void {
    const { last, suppressed } = count;
    if (!last) return;
    const record = kind.split(" ", 1)[0];
    const told = { record, suppressed, "within-seconds": summaryMs / 1000 };
    this.log[last.level]("log-limited", { ...told, ...last.attributes });
    count.suppressed = 0;
    count.last = undefined;
  }
}
