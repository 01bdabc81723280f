import { type ProbeCode, probeCodes, type ProbeResult } from "../probes/mod.ts";
import type { DatedResult } from "./types.ts";

/** Rows of one part of the board. */
export const rowsPerPart = 128;

/** Seconds: upper bounds of the buckets in which durations are counted, all but the last. */
export const durationBounds: readonly number[] = [
  .001,
  .0025,
  .005,
  .01,
  .025,
  .05,
  .1,
  .25,
  .5,
  1,
  2.5,
];

/** What one row says last, and when it was written. */
export interface Noted {
  readonly revision: number;
  /** The rise/fall counter. */
  readonly counter: number;
  readonly result: DatedResult;
}

/** What was counted in one row. */
export interface Counts {
  /** In the order of `probeCodes`. */
  readonly codes: readonly number[];
  /** One more than {@link durationBounds}, for what lies above them all. Not cumulative. */
  readonly buckets: readonly number[];
  /** All durations together. */
  readonly seconds: number;
}

/** Durations of one row that are kept: those of its last results. */
export const durationsKept = 100;

/** Octets of a detail that are kept here; what changes a state is told in full length. */
const detailRoom = 240;

/** A record without its detail, in octets: duration, time, revision, counter, code, detail's length. */
const recordBytes = 8 + 8 + 4 * 4;
/** What a probe touches lies together, in as few of these as can be. */
const cacheLine = 64;
/**
 * A row: which of its records counts; how many durations were kept, and since which revision; the
 * sum of all durations; when the certificate ends of what is probed now; two records; counts by code
 * and by bucket, one behind the other; then the last durations in a ring, and the details of both
 * records.
 */
const versionAt = 0;
const keptAt = 4;
const sinceAt = 8;
const secondsAt = 16;
const certificateAt = 24;
const recordsAt = 32;
const codesAt = recordsAt + 2 * recordBytes;
const bucketsAt = codesAt + 4 * probeCodes.length;
const durationsAt = bucketsAt + 4 * (durationBounds.length + 1);
/** Counts of a row, of both kinds. */
const countsOfRow = (durationsAt - codesAt) / 4;
const detailsAt = durationsAt + 4 * durationsKept;
const rowBytes = Math.ceil((detailsAt + 2 * detailRoom) / cacheLine) * cacheLine;
/** Behind the rows of a part, close together as all are looked at: since when each has a probe under way. */
const runningAt = rowsPerPart * rowBytes;
/** Behind them what was tallied of each row: its sum of durations and its counts. The reader's own. */
const talliedAt = runningAt + rowsPerPart * 8;
const talliedBytes = Math.ceil((8 + 4 * countsOfRow) / 8) * 8;

const codeIndex = new Map<ProbeCode, number>(probeCodes.map((code, index) => [code, index]));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Memory for one more part. */
export function newPart(): SharedArrayBuffer {
  return new SharedArrayBuffer(talliedAt + rowsPerPart * talliedBytes);
}

/** Whether a code stands for a probe that passed. */
export function isPass(code: ProbeCode): boolean {
  return code === "L4OK" || code === "L6OK" || code === "L7OK";
}

/** One part of the memory, as its machine's numbers. */
class Part {
  readonly doubles: Float64Array;
  readonly floats: Float32Array;
  readonly words: Int32Array;
  readonly octets: Uint8Array;
  /** What was written last as the detail of each record: most are the same again and again. */
  readonly details: (string | undefined)[] = [];

  constructor(memory: SharedArrayBuffer) {
    this.doubles = new Float64Array(memory);
    this.floats = new Float32Array(memory);
    this.words = new Int32Array(memory);
    this.octets = new Uint8Array(memory);
  }
}

/**
 * What was found out about each row, in memory that two threads share: one writes it, the other
 * looks whenever it likes, and neither waits. Of each row there are two records. The writer fills
 * in the one that does not count, then has it count: who reads sees the one or the other, whole,
 * as nothing writes to what counts until two probes later. (A core of arm64 may do a plain read
 * later than the look at the version behind it, by nanoseconds; two probes of one row take
 * milliseconds.) Counts are words of their own, beside which the reader writes what it has tallied of
 * them.
 */
export class Board {
  readonly #parts: Part[] = [];

  /** Adds a part of memory, made by {@link newPart}. */
  grow(memory: SharedArrayBuffer): void {
    this.#parts.push(new Part(memory));
  }

  /** Rows that there is memory for. */
  get rows(): number {
    return this.#parts.length * rowsPerPart;
  }

  /** Writes what became of a row. */
  note(
    row: number,
    revision: number,
    counter: number,
    result: ProbeResult,
    wallMs: number,
  ): void {
    const { doubles, words, octets, details } = this.#part(row);
    const base = start(row);
    const versionWord = (base + versionAt) >> 2;
    const version = (Atomics.load(words, versionWord) + 1) | 0;
    const which = version & 1;
    const at = base + recordsAt + which * recordBytes;
    doubles[at >> 3] = result.durationMs;
    doubles[(at >> 3) + 1] = wallMs;
    const word = (at >> 2) + 4;
    words[word] = revision;
    words[word + 1] = counter;
    words[word + 2] = codeIndex.get(result.code) ?? 0;
    const record = (row % rowsPerPart) * 2 + which;
    if (details[record] !== result.detail) {
      details[record] = result.detail;
      const bytes = encoder.encode(result.detail);
      const length = wholeCharacters(bytes, detailRoom);
      octets.set(bytes.subarray(0, length), base + detailsAt + which * detailRoom);
      words[word + 3] = length;
    }
    Atomics.store(words, versionWord, version);
  }

  /** What was written last; undefined before the first time. */
  read(row: number): Noted | undefined {
    return this.#latest(row, ({ doubles, words, octets }, at, detailAt) => {
      const word = (at >> 2) + 4;
      const code = probeCodes[words[word + 2] ?? 0] ?? "SOCKERR";
      const length = words[word + 3] ?? 0;
      return {
        revision: words[word] ?? 0,
        counter: words[word + 1] ?? 0,
        result: {
          ok: isPass(code),
          code,
          detail: decoder.decode(octets.slice(detailAt, detailAt + length)),
          durationMs: doubles[at >> 3] ?? 0,
          at: doubles[(at >> 3) + 1] ?? 0,
        },
      };
    });
  }

  /** The counter alone, if it is of `since` or a later revision. */
  counter(row: number, since: number): number | undefined {
    return this.#latest(row, ({ words }, at) => {
      const word = (at >> 2) + 4;
      return (words[word] ?? 0) < since ? undefined : words[word + 1];
    });
  }

  /** What `look` sees in the record that counts, again if it was overtaken; undefined before any. */
  #latest<T>(
    row: number,
    look: (part: Part, at: number, detailAt: number) => T,
  ): T | undefined {
    const part = this.#part(row);
    const base = start(row);
    const versionWord = (base + versionAt) >> 2;
    for (;;) {
      const version = Atomics.load(part.words, versionWord);
      if (version === 0) return undefined;
      const which = version & 1;
      const at = base + recordsAt + which * recordBytes;
      const seen = look(part, at, base + detailsAt + which * detailRoom);
      if (Atomics.load(part.words, versionWord) === version) return seen;
    }
  }

  /** Durations and certificates from now on are of what is probed by the order of this revision. */
  restart(row: number, revision: number): void {
    const { doubles, words } = this.#part(row);
    const base = start(row);
    doubles[(base + certificateAt) >> 3] = 0;
    Atomics.store(words, (base + keptAt) >> 2, 0);
    Atomics.store(words, (base + sinceAt) >> 2, revision);
  }

  /**
   * The durations of the last results in milliseconds, in no order, at most {@link durationsKept};
   * none while what is probed is still what was before revision `since`. One that comes meanwhile
   * may be among them or not.
   */
  durations(row: number, since: number): Float32Array {
    const { floats, words } = this.#part(row);
    const base = start(row);
    const isOfBefore = Atomics.load(words, (base + sinceAt) >> 2) < since;
    const kept = isOfBefore ? 0 : Atomics.load(words, (base + keptAt) >> 2);
    const first = (base + durationsAt) >> 2;
    return floats.slice(first, first + Math.min(kept, durationsKept));
  }

  /** Writes since when a probe is under way, in Unix milliseconds; 0: none is. */
  noteRunning(row: number, sinceMs: number): void {
    this.#part(row).doubles[runningSlot(row)] = sinceMs;
  }

  /** Since when one is; undefined for none, or none but of what was probed before revision `since`. */
  runningSince(row: number, since: number): number | undefined {
    const { doubles, words } = this.#part(row);
    const slot = runningSlot(row);
    if (!doubles[slot]) return undefined;
    if (Atomics.load(words, (start(row) + sinceAt) >> 2) < since) return undefined;
    // Only now, as it was cleared before the revision was written.
    return doubles[slot] || undefined;
  }

  /** Writes when the certificate ends that was shown last: Unix milliseconds. */
  noteCertificate(row: number, end: number): void {
    this.#part(row).doubles[(start(row) + certificateAt) >> 3] = end;
  }

  /** When it ends; undefined while none was seen since revision `since`. */
  certificateEnd(row: number, since: number): number | undefined {
    const { doubles, words } = this.#part(row);
    const base = start(row);
    if (Atomics.load(words, (base + sinceAt) >> 2) < since) return undefined;
    return doubles[(base + certificateAt) >> 3] || undefined;
  }

  /** Counts a result. One that could not be made took no time that says anything. */
  count(row: number, code: ProbeCode, durationMs: number): void {
    const { doubles, floats, words } = this.#part(row);
    const base = start(row);
    const codeAt = ((base + codesAt) >> 2) + (codeIndex.get(code) ?? 0);
    words[codeAt] = (words[codeAt] ?? 0) + 1;
    if (code === "SOCKERR") return;
    const seconds = durationMs / 1000;
    let bucket = 0;
    while (bucket < durationBounds.length && seconds > (durationBounds[bucket] ?? 0)) bucket++;
    const bucketAt = ((base + bucketsAt) >> 2) + bucket;
    words[bucketAt] = (words[bucketAt] ?? 0) + 1;
    const sumAt = (base + secondsAt) >> 3;
    doubles[sumAt] = (doubles[sumAt] ?? 0) + seconds;
    const kept = words[(base + keptAt) >> 2] ?? 0;
    floats[((base + durationsAt) >> 2) + kept % durationsKept] = durationMs;
    // From one full round on it goes between one and two, so that it never overflows.
    const next = kept + 1 === 2 * durationsKept ? durationsKept : kept + 1;
    Atomics.store(words, (base + keptAt) >> 2, next);
  }

  /** What was counted since this was asked last; for the one reader who keeps count of it. */
  tally(row: number): Counts {
    const { doubles, words } = this.#part(row);
    const base = start(row);
    const tallied = talliedAt + (row % rowsPerPart) * talliedBytes;
    const talliedSeconds = tallied >> 3;
    const seconds = doubles[(base + secondsAt) >> 3] ?? 0;
    const more = seconds - (doubles[talliedSeconds] ?? 0);
    doubles[talliedSeconds] = seconds;
    const count = (base + codesAt) >> 2;
    const talliedCount = (tallied + 8) >> 2;
    const counted = Array.from({ length: countsOfRow }, (_, i) => {
      const now = words[count + i] ?? 0;
      const before = words[talliedCount + i] ?? 0;
      words[talliedCount + i] = now;
      // Words of 32 bits, which begin anew at the end.
      return (now - before) >>> 0;
    });
    const buckets = counted.splice(probeCodes.length);
    return { codes: counted, buckets, seconds: more };
  }

  #part(row: number): Part {
    const part = this.#parts[(row / rowsPerPart) | 0];
    if (!part) throw new RangeError(`the board has no row ${row}`);
    return part;
  }
}

function start(row: number): number {
  return (row % rowsPerPart) * rowBytes;
}

function runningSlot(row: number): number {
  return (runningAt >> 3) + row % rowsPerPart;
}

/** The longest length up to `room` at which UTF-8 may be cut. */
function wholeCharacters(bytes: Uint8Array, room: number): number {
  if (bytes.length <= room) return bytes.length;
  let length = room;
  while (length > 0 && ((bytes[length] ?? 0) & 0xc0) === 0x80) length--;
  return length;
}
