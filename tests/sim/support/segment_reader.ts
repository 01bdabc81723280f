/** A plain reader of stats segments, for tests only: slow, and trusting what it reads. */

import { connectSeqpacket, type Mapping, mapReadOnly, receiveFd } from "../../../lib/net/mod.ts";

/** The segment that the stats socket hands out. */
export async function openSegment(path: string): Promise<Mapping> {
  using socket = await connectSeqpacket(path, { timeoutMs: 10_000 });
  using fd = await receiveFd(socket, { timeoutMs: 10_000 });
  return mapReadOnly(fd);
}

/** An entry of the directory. */
export interface Entry {
  readonly type: number;
  readonly value: bigint;
}

export class SegmentReader {
  readonly #view: DataView;

  constructor(buffer: ArrayBufferLike) {
    this.#view = new DataView(buffer);
  }

  get version(): bigint {
    return this.#word(0);
  }

  get epoch(): bigint {
    return this.#word(16);
  }

  get inProgress(): boolean {
    return this.#word(24) !== 0n;
  }

  /** Names and entries in their order. */
  directory(): Map<string, Entry> {
    const at = this.#offset(this.#word(32));
    return new Map(Array.from({ length: this.#length(at) }, (_, i) => {
      const entry = at + 144 * i;
      const value = this.#word(entry + 8);
      return [this.#text(entry + 16), { type: this.#view.getUint32(entry, true), value }];
    }));
  }

  /** A scalar or gauge. */
  scalar(name: string): bigint {
    return this.#entry(name).value;
  }

  /** What a symlink leads to: an entry's name, and an index in its vectors. */
  symlink(name: string): [target: string | undefined, index: number] {
    const { value } = this.#entry(name);
    const names = [...this.directory().keys()];
    return [names[Number(value & 0xffff_ffffn)], Number(value >> 32n)];
  }

  /** Simple counters: a list per thread. */
  simple(name: string): bigint[][] {
    return this.#threads(name).map((at) =>
      Array.from({ length: this.#length(at) }, (_, i) => this.#word(at + 8 * i))
    );
  }

  /** Combined counters: packets and bytes, a list per thread. */
  combined(name: string): [bigint, bigint][][] {
    return this.#threads(name).map((at) =>
      Array.from(
        { length: this.#length(at) },
        (_, i) => [this.#word(at + 16 * i), this.#word(at + 16 * i + 8)],
      )
    );
  }

  /** How long the vectors of these counters can get where they are, by VPP's own account. */
  capacities(name: string): number[] {
    return this.#threads(name).map((at) => this.#length(at) + this.#view.getUint8(at - 2));
  }

  /** A vector of names. */
  names(name: string): string[] {
    return this.#threads(name).map((at) => this.#text(at));
  }

  #entry(name: string): Entry {
    const entry = this.directory().get(name);
    if (!entry) throw new Error(`no entry ${name}`);
    return entry;
  }

  #threads(name: string): number[] {
    const at = this.#offset(this.#entry(name).value);
    return Array.from({ length: this.#length(at) }, (_, i) => this.#offset(this.#word(at + 8 * i)));
  }

  #offset(pointer: bigint): number {
    return Number(pointer - this.#word(8));
  }

  #length(at: number): number {
    return this.#view.getUint32(at - 8, true);
  }

  #word(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }

  #text(at: number): string {
    const bytes: number[] = [];
    for (let i = at; this.#view.getUint8(i) !== 0; i++) bytes.push(this.#view.getUint8(i));
    return String.fromCharCode(...bytes);
  }
}
