import { reasonOf } from "../log/mod.ts";
import {
  connectSeqpacket,
  type FileDescriptor,
  isWhole,
  type Mapping,
  mapReadOnly,
  NetError,
  receiveFd,
} from "../net/mod.ts";
import { type Clock, sleep } from "../time/mod.ts";
import {
  SegmentDirectory,
  SegmentError,
  SegmentMemory,
  type ThreadVectors,
} from "./segment_directory.ts";

/** Simple counters summed over threads: by index, 0 where there is none. */
export type SimpleSum = (index: number | undefined) => number;

/** Combined counters summed over threads. */
export interface CombinedSum {
  readonly packets: SimpleSum;
  readonly bytes: SimpleSum;
}

/** What one reading may look at. Valid only while the reading runs. */
export interface StatsView {
  /** A scalar; undefined when it does not exist. */
  scalar(name: string): number | undefined;
  /** A simple counter. One that does not exist yet is 0 everywhere. */
  simple(name: string): SimpleSum;
  /** A combined counter. One that does not exist yet is 0 everywhere. */
  combined(name: string): CombinedSum;
}

const noVectors: ThreadVectors = { stride: 8, threads: [] };

/**
 * Reads a stats segment in any buffer. Only the places of directory entries are kept, per epoch:
 * a vector that grows within its allocation gets another length and no new epoch, so vectors are
 * looked at anew in each reading. Every offset is checked against the buffer: a segment full of
 * lies can only cause a SegmentError.
 */
export class StatsReader {
  readonly #memory: SegmentMemory;
  readonly #directory: SegmentDirectory;
  #epoch: number | undefined;
  #entries = new Map<string, number>();

  /** `names` are all that will be asked for. SegmentError for a segment of another version. */
  constructor(buffer: ArrayBuffer, private readonly names: readonly string[]) {
    this.#memory = new SegmentMemory(buffer);
    this.#directory = new SegmentDirectory(this.#memory);
  }

  /**
   * Runs `look` under the epoch protocol. Undefined when VPP is changing the layout, or did so
   * meanwhile. SegmentError when the segment makes no sense though nothing moved.
   */
  read<T>(look: (view: StatsView) => T): { readonly value: T } | undefined {
    if (this.#directory.inProgress()) return undefined;
    const epoch = this.#directory.epoch();
    try {
      if (epoch !== this.#epoch) this.#refresh(epoch);
      const value = look(this.#view());
      return this.#unmoved(epoch) ? { value } : undefined;
    } catch (error) {
      if (!this.#unmoved(epoch)) return undefined;
      throw error;
    }
  }

  #unmoved(epoch: number): boolean {
    return !this.#directory.inProgress() && this.#directory.epoch() === epoch;
  }

  #refresh(epoch: number): void {
    this.#entries = this.#directory.find(this.names);
    this.#epoch = epoch;
  }

  #view(): StatsView {
    return {
      scalar: (name) => {
        const at = this.#entries.get(name);
        return at === undefined ? undefined : this.#directory.scalar(at);
      },
      simple: (name) => this.#sum(this.#vectorsOf(name), 0),
      combined: (name) => {
        const vectors = this.#vectorsOf(name);
        return { packets: this.#sum(vectors, 0), bytes: this.#sum(vectors, 8) };
      },
    };
  }

  /** Sums the u64 `offset` bytes into each thread's item. */
  #sum({ stride, threads }: ThreadVectors, offset: number): SimpleSum {
    const memory = this.#memory;
    return (index) => {
      if (index === undefined) return 0;
      let sum = 0;
      for (const { at, length } of threads) {
        if (index < length) sum += memory.u64(at + index * stride + offset);
      }
      return sum;
    };
  }

  /** As they are now; without threads for an entry that does not exist yet. */
  #vectorsOf(name: string): ThreadVectors {
    const at = this.#entries.get(name);
    return at === undefined ? noVectors : this.#directory.vectors(at);
  }
}

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
  /** Whether all of it may be read now; absent: it always may. */
  readonly isWhole?: () => boolean;
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
 * VPP's file lives in memory only, and a mapping keeps it alive after VPP has died: reading it then
 * gives old values. Who holds the segment drops it as soon as the API socket closes. VPP never
 * shrinks the file, and has sealed it against that unless it lies in huge pages; all that have it
 * from VPP could, and reading what is gone would end this process (SIGBUS): the file's size is looked
 * at before each reading.
 */
export async function openStatsSegment(
  path: string,
  options: SegmentOptions,
): Promise<StatsSegment> {
  const { deadlineMs, signal } = options;
  // By the system's clock: what is waited for is the kernel and VPP, a millisecond or so.
  const wait = { timeoutMs: deadlineMs, ...(signal && { signal }) };
  using socket = await connectSeqpacket(path, wait);
  using parts = new DisposableStack();
  const file = parts.use(await receiveFd(socket, wait));
  const mapping = parts.use(mapped(file));
  const { buffer } = mapping;
  const own = parts.move();
  const source = { buffer, isWhole: () => isWhole(file, mapping) };
  return segmentIn({ ...source, [Symbol.dispose]: () => own.dispose() }, options);
}

/** Maps what VPP has handed out. A file that cannot be mapped, an empty one say, is no segment. */
function mapped(file: FileDescriptor): Mapping {
  try {
    return mapReadOnly(file);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    throw new SegmentError(`the stats segment cannot be mapped: ${reasonOf(error)}`);
  }
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
        if (memory.isWhole?.() === false) {
          throw new SegmentError("somebody has truncated the stats segment");
        }
        const reading = reader.read(look);
        if (reading) return reading.value;
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
