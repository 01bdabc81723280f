/** Where lines go; `Deno.stdout` is one. Resolves to the number of bytes taken. */
export interface LogSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** What a writer may hold, and how much it hands to the sink at a time. */
export interface WriterLimits {
  /** UTF-16 units waiting for the sink before lines are dropped. */
  readonly queued: number;
  /** UTF-16 units in one write; a longer line goes alone. */
  readonly batch: number;
}

/** About a minute of an ordinary daemon's records, and a fraction of its memory. */
export const defaultLimits: WriterLimits = { queued: 1 << 20, batch: 1 << 16 };

/**
 * Lines on their way to a sink that may be slow, stopped, full or gone. Writing never waits and
 * never fails: what doesn't fit is dropped and counted.
 */
export class LineWriter {
  readonly #sink: LogSink;
  readonly #limits: WriterLimits;
  readonly #encoder = new TextEncoder();
  #queue: string[] = [];
  #queued = 0;
  #dropped = 0;
  #unreported = 0;
  /** gone: the reader has closed its end (EPIPE), nobody will ever read again. */
  #state: "idle" | "writing" | "gone" = "idle";
  /** What was written last ended within a line, since the sink failed there. */
  #isTorn = false;
  readonly #idle: (() => void)[] = [];
  readonly #reportDrops: (count: number) => string;

  /** `reportDrops` makes the line that follows a gap of `count` lines. */
  constructor(sink: LogSink, reportDrops: (count: number) => string, limits = defaultLimits) {
    this.#sink = sink;
    this.#reportDrops = reportDrops;
    this.#limits = limits;
  }

  /** Lines lost so far: no room, a sink that failed, or nobody left to read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Queues one line, newline included. */
  write(line: string): void {
    if (this.#state === "gone" || this.#queued + line.length > this.#limits.queued) {
      this.#drop(1);
      return;
    }
    this.#queue.push(line);
    this.#queued += line.length;
    if (this.#state === "idle") void this.#drain();
  }

  /** Resolves when nothing is waiting any more. It may never do so: give it a limit. */
  flushed(): Promise<void> {
    if (this.#state !== "writing") return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #drain(): Promise<void> {
    this.#state = "writing";
    while (this.#state === "writing" && this.#queue.length > 0) await this.#writeBatch();
    if (this.#state === "writing") this.#state = "idle";
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #writeBatch(): Promise<void> {
    const lines = this.#takeBatch();
    // The line that follows a torn one can be read.
    const before = this.#isTorn ? "\n" : "";
    try {
      await this.#writeAll(this.#encoder.encode(before + lines.join("")));
    } catch (error) {
      this.#drop(lines.length);
      if (isClosed(error)) this.#abandon();
      return;
    }
    if (this.#unreported > 0) {
      const line = this.#reportDrops(this.#unreported);
      this.#unreported = 0;
      this.#queue.push(line);
      this.#queued += line.length;
    }
  }

  #takeBatch(): string[] {
    let size = 0;
    let count = 0;
    for (const line of this.#queue) {
      if (count > 0 && size + line.length > this.#limits.batch) break;
      size += line.length;
      count++;
    }
    this.#queued -= size;
    return this.#queue.splice(0, count);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      const taken = await this.#sink.write(rest);
      if (taken > 0) this.#isTorn = rest[taken - 1] !== newline;
      rest = rest.subarray(taken);
    }
  }

  #abandon(): void {
    this.#drop(this.#queue.length);
    this.#queue = [];
    this.#state = "gone";
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#unreported += count;
  }
}

const newline = 0x0a;

/** EPIPE, and EBADF for a standard output that was closed before we started. */
function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
    (error instanceof Error && "code" in error &&
      (error.code === "EPIPE" || error.code === "EBADF"));
}
