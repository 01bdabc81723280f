import { connectSeqpacket, mapReadOnly, receiveFd } from "../../net/mod.ts";
import { type Clock, sleep } from "../../time/mod.ts";
import { SegmentError } from "./memory.ts";
import { StatsReader, type StatsView } from "./reader.ts";

/** Attempts while VPP changes the layout, the first ones at once, then 2 ms apart. */
const attempts = 60;
const promptAttempts = 10;
const pauseMs = 2;

/** A stats segment, mapped. */
export interface StatsSegment extends Disposable {
  /**
   * Reads under the epoch protocol, waiting while VPP changes the layout: about 100 ms at most.
   * Rejects with SegmentError when that does not end or the segment makes no sense.
   */
  read<T>(look: (view: StatsView) => T): Promise<T>;
}

/** The memory of a segment, and what gives it back. */
export interface SegmentSource extends Disposable {
  readonly buffer: ArrayBuffer;
}

/** How a segment is read. */
export interface ReadOptions {
  readonly clock: Clock;
  /** Entries that will be read. */
  readonly names: readonly string[];
}

/** How to get a segment. */
export interface SegmentOptions extends ReadOptions {
  /** Milliseconds until VPP must have handed it out. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches VPP's stats segment through the socket at `path` and maps it read-only. Rejects with
 * NetError, SegmentError or the signal's reason.
 *
 * VPP's file lives in memory only and never shrinks, and a mapping keeps it alive after VPP has
 * died: reading it then gives old values, not SIGBUS. Who holds the segment drops it as soon as
 * the API socket closes.
 */
export async function openStatsSegment(
  path: string,
  options: SegmentOptions,
): Promise<StatsSegment> {
  const { deadlineMs, signal } = options;
  // By the system's clock: what is waited for is the kernel and VPP, a millisecond or so.
  const wait = { timeoutMs: deadlineMs, ...(signal && { signal }) };
  using socket = await connectSeqpacket(path, wait);
  using file = await receiveFd(socket, wait);
  return segmentIn(mapReadOnly(file), options);
}

/**
 * The segment in this memory, which is disposed of once, at the segment's first disposal. When
 * there is none that can be read it is disposed of at once, and SegmentError thrown.
 */
export function segmentIn(memory: SegmentSource, { clock, names }: ReadOptions): StatsSegment {
  const reader = readerOf(memory, names);
  let mapped = true;
  return {
    async read(look) {
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (!mapped) throw new SegmentError("the stats segment is not mapped any more");
        const reading = reader.read(look);
        if (reading.kind === "read") return reading.value;
        await (attempt < promptAttempts ? clock.turn.next() : sleep(clock, pauseMs));
      }
      throw new SegmentError(`VPP kept changing the stats segment for ${attempts} attempts`);
    },
    [Symbol.dispose]() {
      if (!mapped) return;
      mapped = false;
      memory[Symbol.dispose]();
    },
  };
}

function readerOf(memory: SegmentSource, names: readonly string[]): StatsReader {
  try {
    return new StatsReader(memory.buffer, names);
  } catch (error) {
    memory[Symbol.dispose]();
    throw error;
  }
}
