import { ErrorCode, H2AbortError } from "../h2/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Budget, BudgetSpec } from "../port/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { Rendering } from "./rendering.ts";

/** How a scrape is encoded: as it is, or compressed for scrapers that take it so. */
export type Encoding = "identity" | "gzip";

/**
 * Scrapes that have not been read yet. Renderings are shared by whoever asks meanwhile, so that
 * these bound how slowly all of them may read.
 */
export const scrapeBudgets = {
  strangers: {
    name: "scrape-bytes",
    unit: "bytes",
    limit: 24 * 1024 * 1024,
    reason: "Scrapes that are not read yet, one of 10,000 backends or 20 compressed; who is " +
      "furthest behind in the largest is cut off.",
  },
  own: {
    name: "own-scrape-bytes",
    unit: "bytes",
    limit: 32 * 1024 * 1024,
    reason: "Those of this machine itself: one of 10,000 backends, or many compressed.",
  },
} as const satisfies Record<string, BudgetSpec>;

/** A scraper that hasn't read everything by then is cut off, in milliseconds. */
const scrapeLimitMs = 60_000;

/**
 * Somebody who asks when a scrape has just been made shares it for so many times as long as it took
 * to make, if it is still read: who asks again and again for a large one does not get all of a core.
 */
const keepsFor = 4;
/** Nobody gets one that is older, in milliseconds. */
const longestKeepMs = 1_000;

/**
 * Renders scrapes, one of each encoding at a time, however many ask: who asks while one is being
 * made, or soon after, shares it. What has not been read yet is held against a budget; where that is used up, who
 * is furthest behind in the largest is cut off.
 */
export class Scrapes {
  /** Those that are shared with who asks. */
  readonly #running = new Map<Encoding, Rendering>();
  /** All that are read, oldest first. */
  readonly #held = new Map<Rendering, Timer>();

  /** `render` makes the slices of one scrape; `budget` is what may be held, in octets. */
  constructor(
    private readonly render: () => AsyncIterable<Uint8Array<ArrayBuffer>>,
    private readonly budget: Budget,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** Renderings in memory. */
  get size(): number {
    return this.#held.size;
  }

  /** A scrape for one reader. */
  read(encoding: Encoding): AsyncIterable<Uint8Array> {
    return (this.#running.get(encoding) ?? this.#begin(encoding)).read();
  }

  #begin(encoding: Encoding): Rendering {
    const slices = yieldingBetween(this.render(), this.clock);
    const source = encoding === "gzip" ? compressed(slices) : slices;
    const begun = this.clock.now();
    let closing: Timer | undefined;
    const rendering: Rendering = new Rendering(source, {
      room: (octets) => this.#makeRoom(rendering, octets),
      freed: (octets) => this.budget.give(octets),
      complete: () => {
        const keepMs = Math.min(longestKeepMs, keepsFor * (this.clock.now() - begun));
        if (keepMs === 0) rendering.closeNow();
        else closing = this.clock.after(keepMs, () => rendering.closeNow());
      },
      closed: () => {
        closing?.cancel();
        if (this.#running.get(encoding) === rendering) this.#running.delete(encoding);
      },
      left: () => this.#drop(rendering),
    });
    const late = () => {
      this.#drop(rendering);
      rendering.cut(this.#cutOff(`was not read within ${scrapeLimitMs / 1000} s`));
    };
    this.#running.set(encoding, rendering);
    this.#held.set(rendering, this.clock.after(scrapeLimitMs, late));
    return rendering;
  }

  /** Takes what `growing` wants to hold; false if `growing` has to be cut off itself. */
  #makeRoom(growing: Rendering, octets: number): boolean {
    while (this.#held.has(growing)) {
      if (this.budget.has(octets)) return this.budget.take(octets);
      const largest = this.#largest() ?? growing;
      if (largest.close()) continue;
      this.budget.refuse();
      largest.cutSlowest(this.#cutOff("was not read before others needed its room"));
    }
    return false;
  }

  /** The one that holds most, of equals the oldest; undefined if none holds anything. */
  #largest(): Rendering | undefined {
    let largest: Rendering | undefined;
    for (const each of this.#held.keys()) {
      if (each.octets > (largest?.octets ?? 0)) largest = each;
    }
    return largest;
  }

  /** Says so, and is what the readers are told. */
  #cutOff(reason: string): Error {
    this.log.warn("metrics-scrape-cut", { reason: `a scrape ${reason}` });
    return new H2AbortError(ErrorCode.CANCEL, `the scrape ${reason}`);
  }

  #drop(rendering: Rendering): void {
    this.#held.get(rendering)?.cancel();
    this.#held.delete(rendering);
  }
}

/** The slices that hold anything, with room for everything else that is due before each. */
async function* yieldingBetween(
  slices: AsyncIterable<Uint8Array<ArrayBuffer>>,
  clock: Clock,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  for await (const slice of slices) {
    if (slice.length > 0) yield slice;
    await clock.turn.next();
  }
}

/** The slices as one gzip stream; each takes some 2 ms to compress. */
function compressed(slices: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncIterable<Uint8Array> {
  return ReadableStream.from(slices).pipeThrough(new CompressionStream("gzip"));
}
