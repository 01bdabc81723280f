import { ErrorCode, H2AbortError } from "../h2/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { Rendering } from "./rendering.ts";

/** How a scrape is encoded: as it is, or compressed for scrapers that take it so. */
export type Encoding = "identity" | "gzip";

/** A scraper that hasn't read everything by then is cut off, in milliseconds. */
const scrapeLimitMs = 60_000;

/**
 * Octets of renderings kept for slow readers. 10,000 backends are 20 MB, or 1 MB compressed; when
 * there are more, the oldest is given up, whose readers have had the most time.
 */
const heldOctets = 64 * 1024 * 1024;

/**
 * Renders scrapes, one of each encoding at a time, however many ask: who asks while one is being
 * made shares it.
 */
export class Scrapes {
  /** Those being made. */
  readonly #running = new Map<Encoding, Rendering>();
  /** All that are read, oldest first. */
  readonly #held = new Map<Rendering, Timer>();

  /** `render` makes the slices of one scrape; `held` is how much may be kept for slow readers. */
  constructor(
    private readonly render: () => AsyncIterable<Uint8Array<ArrayBuffer>>,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly held: number = heldOctets,
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
    const slices = unhurried(this.render(), this.clock);
    const source = encoding === "gzip" ? compressed(slices) : slices;
    const rendering = new Rendering(source, {
      grew: () => this.#makeRoom(rendering),
      finished: () => {
        if (this.#running.get(encoding) === rendering) this.#running.delete(encoding);
      },
      left: () => this.#drop(rendering),
    });
    const late = () => this.#cut(rendering, `was not read within ${scrapeLimitMs / 1000} s`);
    this.#running.set(encoding, rendering);
    this.#held.set(rendering, this.clock.after(scrapeLimitMs, late));
    return rendering;
  }

  /** Gives up older renderings until the others fit. */
  #makeRoom(growing: Rendering): void {
    for (const oldest of this.#held.keys()) {
      const sum = this.#held.keys().reduce((total, { octets }) => total + octets, 0);
      if (sum <= this.held || oldest === growing) return;
      this.#cut(oldest, "was not read before others needed its room");
    }
  }

  #cut(rendering: Rendering, reason: string): void {
    this.log.warn("metrics-scrape-cut", { reason: `a scrape ${reason}` });
    this.#drop(rendering);
    rendering.cut(new H2AbortError(ErrorCode.CANCEL, `the scrape ${reason}`));
  }

  #drop(rendering: Rendering): void {
    this.#held.get(rendering)?.cancel();
    this.#held.delete(rendering);
  }
}

/** The slices, with room for everything else that is due before each. */
async function* unhurried<T>(slices: AsyncIterable<T>, clock: Clock): AsyncIterable<T> {
  for await (const slice of slices) {
    yield slice;
    await clock.turn.next();
  }
}

/** The slices as one gzip stream; each takes some 2 ms to compress. */
function compressed(slices: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncIterable<Uint8Array> {
  return ReadableStream.from(slices).pipeThrough(new CompressionStream("gzip"));
}
