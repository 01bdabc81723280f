/** Entries a bucket holds (lbhash.h). */
const entriesPerBucket = 4;
/** VPP adds this to its uptime so that an entry never used counts as expired. */
const timeOffset = 10_000;
/** No VIP has this index: what a flushed entry belongs to. */
const nobody = 0xffff_ffff;

/** Where a packet's flow stands. */
export type FlowLookup =
  | { readonly kind: "found"; readonly server: number }
  /** Unknown, and its bucket has a free entry, which held a flow of `previous` before. */
  | { readonly kind: "free"; readonly entry: number; readonly previous: number }
  /** Unknown, and its bucket is full. */
  | { readonly kind: "full" };

/**
 * The table of established flows of one thread (src/plugins/lb/lbhash.h): fixed in size, four
 * entries a bucket, entries recycled only when another flow takes their place. That is why a
 * server may be referenced long after its last packet.
 */
export class FlowTable {
  readonly #hashes: Uint32Array;
  readonly #deadlines: Uint32Array;
  readonly #vips: Uint32Array;
  readonly #servers: Uint32Array;

  /** `buckets` is a power of two; a flow without packets for `timeout` seconds is forgotten. */
  constructor(readonly buckets: number, readonly timeout: number) {
    const entries = buckets * entriesPerBucket;
    this.#hashes = new Uint32Array(entries);
    this.#deadlines = new Uint32Array(entries);
    this.#vips = new Uint32Array(entries);
    this.#servers = new Uint32Array(entries);
  }

  /** What `show lb` calls the size: buckets − 1 + 4. */
  get size(): number {
    return this.buckets - 1 + entriesPerBucket;
  }

  /** The server of a flow, whose deadline moves, or a place for it. Server 0 is nobody's. */
  lookup(hash: number, vip: number, uptime: number): FlowLookup {
    const now = uptime + timeOffset;
    const first = (hash & (this.buckets - 1)) * entriesPerBucket;
    let free: number | undefined;
    for (let entry = first; entry < first + entriesPerBucket; entry++) {
      const expired = (this.#deadlines[entry] ?? 0) <= now;
      if (expired) free ??= entry;
      else if (this.#hashes[entry] === hash >>> 0 && this.#vips[entry] === vip) {
        this.#deadlines[entry] = now + this.timeout;
        const server = this.#servers[entry] ?? 0;
        // What maps to the hidden server 0 counts as not found.
        if (server !== 0) return { kind: "found", server };
      }
    }
    if (free === undefined) return { kind: "full" };
    return { kind: "free", entry: free, previous: this.#servers[free] ?? 0 };
  }

  /** Takes a place that {@link lookup} found free. */
  store(entry: number, hash: number, vip: number, server: number, uptime: number): void {
    this.#hashes[entry] = hash;
    this.#vips[entry] = vip;
    this.#servers[entry] = server;
    this.#deadlines[entry] = uptime + timeOffset + this.timeout;
  }

  /**
   * Forgets the flows of a VIP, or of one server of it, and calls `released` with the server of
   * each. The entries stay taken until they expire.
   */
  flush(vip: number, server: number | undefined, released: (server: number) => void): void {
    for (const [entry, owner] of this.#vips.entries()) {
      const held = this.#servers[entry] ?? 0;
      if (owner !== vip || (server !== undefined && held !== server)) continue;
      released(held);
      this.#vips[entry] = nobody;
      this.#servers[entry] = 0;
    }
  }

  /** The servers of all entries, expired ones included. */
  servers(): Iterable<number> {
    return this.#servers;
  }

  /** Flows that have not expired. */
  alive(uptime: number): number {
    return this.#deadlines.reduce((n, at) => at >= uptime + timeOffset ? n + 1 : n, 0);
  }
}
