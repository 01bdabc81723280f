import { xxhash } from "./xxhash.ts";

/** One server that is in use. */
export interface MaglevServer {
  /** What its slots hold. */
  readonly index: number;
  /** 16 bytes; an IPv4 address is 12 zero bytes and then 4. */
  readonly address: Uint8Array;
  /** How many entries it gets: VPP takes anything that fits a byte. */
  readonly weight: number;
}

/** The slot value of VPP's hidden server, which drops. */
export const noServer = 0;

interface Entry {
  readonly index: number;
  readonly skip: number;
  position: number;
}

/**
 * The new flow table of a VIP (lb.c, lb_vip_update_new_flow_table): which server each slot is for.
 * `length` is a power of two. A server of weight w has w entries; all of them take turns, those
 * of replica 0 first, then by address, each taking its next free slot.
 */
export function maglevTable(servers: readonly MaglevServer[], length: number): Uint32Array {
  const steps = maglevTableSteps(servers, length);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in steps of a millisecond at most: a table may have 2^20 slots, which take 0.3 s. */
export function* maglevTableSteps(
  servers: readonly MaglevServer[],
  length: number,
): Generator<void, Uint32Array> {
  const table = new Uint32Array(length);
  const entries = yield* rank(servers, length);
  if (entries.length === 0) return table;
  const mask = length - 1;
  const taken = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    for (const entry of entries) {
      if (filled === length) break;
      while (taken[entry.position]) entry.position = (entry.position + entry.skip) & mask;
      table[entry.position] = entry.index;
      taken[entry.position] = 1;
      filled++;
      if (filled % slotsPerStep === 0) yield;
    }
  }
  return table;
}

/** Slots that are filled in one step. */
const slotsPerStep = 1024;

/** The entries in the order of their turns; those beyond the `length`th would never get one. */
function* rank(servers: readonly MaglevServer[], length: number): Generator<void, Entry[]> {
  const byAddress = servers.toSorted((a, b) => compareBytes(a.address, b.address));
  const most = servers.reduce((weight, server) => Math.max(weight, server.weight), 0);
  const entries: Entry[] = [];
  for (let replica = 0; replica < most; replica++) {
    for (const server of byAddress) {
      if (server.weight <= replica) continue;
      if (entries.length === length) return entries;
      entries.push(entryOf(server, replica, length - 1));
    }
    yield;
  }
  return entries;
}

/** As memcmp orders them. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function entryOf(server: MaglevServer, replica: number, mask: number): Entry {
  const view = new DataView(server.address.buffer, server.address.byteOffset);
  const word = (at: number) => view.getUint32(at, true);
  const seed = xxhash(word(4) ^ word(12), word(0) ^ word(8) ^ replica);
  return { index: server.index, position: seed.high & mask, skip: (seed.low | 1) & mask };
}
