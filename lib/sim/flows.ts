import { xxhash } from "../maglev/mod.ts";
import { routeTo, routeVia, type VipCounter } from "./counters.ts";
import type { LbHost, LoadBalancer } from "./lb.ts";
import { formatAddress } from "./ip46.ts";
import { encapBytes, type Server, type Vip, VppCrash } from "./lb_types.ts";

/** From this many buckets on VPP's size computation overflows 32 bits. */
const tooManyBuckets = 2 ** 26;

/** Packets and what becomes of them (node.c): one flow table per thread, made by its first packet. */
export class Flows {
  readonly #lb: LoadBalancer;
  readonly #host: LbHost;
  readonly #tables = new Map<number, FlowTable>();
  /** Where packets for a server's address go, if not to a server; of one version of the FIB. */
  readonly #returns = new Map<Server, "nowhere" | "all ports" | "some ports">();
  #fibVersion = -1;

  constructor(lb: LoadBalancer, host: LbHost) {
    this.#lb = lb;
    this.#host = host;
  }

  /** The tables there are, by thread. */
  get tables(): ReadonlyMap<number, FlowTable> {
    return this.#tables;
  }

  /** One packet of `bytes` for the VIP; packets with equal `flow` have equal addresses and ports. */
  packet(vip: Vip, flow: number, bytes: number, thread: number): void {
    this.#countRoute(vip, bytes, thread);
    this.#balance(vip, flow, bytes, thread);
  }

  /** lb_flush_vip_as: forgets the flows of a VIP, or of one server of it. */
  flush(vip: number, server: number | undefined): void {
    for (const table of this.#tables.values()) {
      table.flush(vip, server, (held) => {
        this.#reference(held, -1);
        this.#reference(0, 1);
      });
    }
  }

  #balance(vip: Vip, flow: number, bytes: number, thread: number): void {
    const uptime = Math.floor(this.#host.uptime());
    const flows = this.#tableOf(thread);
    const hash = xxhash(vip.index, flow).low;
    const found = flows.lookup(hash, vip.index, uptime);
    const server = found.kind === "found" ? found.server : this.#slot(vip, hash);
    if (found.kind === "free") {
      this.#reference(found.previous, -1);
      this.#reference(server, 1);
      flows.store(found.entry, hash, vip.index, server, uptime);
    }
    this.#host.segment.count(counterOf(found.kind, server), thread, vip.index, 1);
    const to = server === 0 ? undefined : this.#lb.servers.get(server);
    if (!to) return;
    const sent = bytes + encapBytes(vip.type);
    this.#host.segment.count(routeVia, thread, to.routeIndex, 1, sent);
    this.#forward(to, flow, sent, thread);
  }

  /**
   * The packet leaves, unless the server's address is that of a VIP. One for all ports takes it
   * again, and again, until VPP has written beyond its buffer. Among VIPs with ports none is for a
   * GRE packet, which has no port: the hidden VIP drops it (node.c, lb_node_get_hash).
   */
  #forward(server: Server, flow: number, bytes: number, thread: number): void {
    const returns = this.#returnsTo(server);
    if (returns === "nowhere") return;
    if (returns === "all ports") {
      const address = formatAddress(server.address);
      throw new VppCrash(`a packet for the server ${address}, which is an all-port VIP's address`);
    }
    const hidden = this.#lb.vips.get(0);
    if (hidden) this.#balance(hidden, flow, bytes, thread);
  }

  #returnsTo(server: Server): "nowhere" | "all ports" | "some ports" {
    const { version } = this.#host.fib;
    if (version !== this.#fibVersion) this.#returns.clear();
    this.#fibVersion = version;
    const known = this.#returns.get(server);
    if (known) return known;
    const [vip] = this.#lb.vipsAt(server.address);
    const found = !vip ? "nowhere" : vip.port === 0 ? "all ports" : "some ports";
    this.#returns.set(server, found);
    return found;
  }

  #slot(vip: Vip, hash: number): number {
    return this.#lb.table(vip).slots[hash & (vip.tableLength - 1)] ?? 0;
  }

  #countRoute(vip: Vip, bytes: number, thread: number): void {
    const route = this.#host.fib.exact(vip.prefix);
    if (route) this.#host.segment.count(routeTo, thread, route.index, 1, bytes);
  }

  #reference(server: number, by: number): void {
    const held = this.#lb.servers.get(server);
    if (held) held.flows += by;
  }

  /** lb_get_sticky_table: made anew when the number of buckets has changed. */
  #tableOf(thread: number): FlowTable {
    const { stickyBuckets, flowTimeout } = this.#lb.conf;
    const old = this.#tables.get(thread);
    if (old?.buckets === stickyBuckets) return old;
    if (stickyBuckets === 0 || stickyBuckets >= tooManyBuckets) {
      throw new VppCrash(`a packet with ${stickyBuckets} sticky buckets configured`);
    }
    for (const server of old?.servers() ?? []) {
      this.#reference(server, -1);
      this.#reference(0, 1);
    }
    const table = new FlowTable(stickyBuckets, flowTimeout);
    this.#tables.set(thread, table);
    return table;
  }
}

function counterOf(kind: "found" | "free" | "full", server: number): VipCounter {
  if (kind === "found") return "packet from existing sessions";
  if (kind === "full") return "untracked packet";
  return server === 0 ? "no server configured" : "first session packet";
}

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
class FlowTable {
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
