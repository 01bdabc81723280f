import { reasonOf } from "../../log/mod.ts";
import { NetError } from "../../net/mod.ts";
import { SegmentError, type StatsSegment, type StatsView, VppError } from "../../vppclient/mod.ts";

/** Whether it is VPP or the way to it that failed: any other error is one of this program. */
export function isOutside(error: unknown): boolean {
  const outside = [VppError, NetError, ...Object.values(Deno.errors)];
  return outside.some((kind) => error instanceof kind);
}

/** Throws it again, unless it says that the segment makes no sense. */
export function unlessUnreadable(error: unknown): undefined {
  if (!(error instanceof SegmentError)) throw error;
}

/** How a stats segment is fetched, unless the signal is aborted first. */
type Fetch = (signal: AbortSignal) => Promise<StatsSegment>;

/**
 * The stats segment of one connection to VPP. One that makes no sense is given back, and the next
 * reading fetches it anew: what VPP is told to forward does not depend on it. One reading at a time.
 */
export class StatsSource implements StatsSegment {
  readonly #over = new AbortController();
  #segment: StatsSegment | undefined;

  private constructor(private readonly fetch: Fetch) {}

  /** Fetches it for the first time. Rejects where it cannot be had, not where it makes no sense. */
  static async open(fetch: Fetch, signal: AbortSignal): Promise<StatsSource> {
    const source = new StatsSource(fetch);
    source.#segment = await fetch(signal).catch(unlessUnreadable);
    return source;
  }

  /** Whether a reading would find one that is there already. */
  get isThere(): boolean {
    return this.#segment !== undefined;
  }

  /** Rejects with SegmentError also where the segment cannot be had. */
  async read<T>(look: (view: StatsView) => T): Promise<T> {
    this.#segment ??= await this.#fetchAnew();
    try {
      return await this.#segment.read(look);
    } catch (error) {
      this.#giveBack();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#over.abort(new SegmentError("the stats segment is not mapped any more"));
    this.#giveBack();
  }

  #giveBack(): void {
    this.#segment?.[Symbol.dispose]();
    this.#segment = undefined;
  }

  async #fetchAnew(): Promise<StatsSegment> {
    const { signal } = this.#over;
    signal.throwIfAborted();
    const segment = await this.fetch(signal).catch((error) => {
      throw isOutside(error) ? new SegmentError(reasonOf(error)) : error;
    });
    // Nothing can be read from it any more.
    if (signal.aborted) segment[Symbol.dispose]();
    return segment;
  }
}
