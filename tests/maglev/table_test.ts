import assert from "node:assert/strict";
import fc from "fast-check";
import { type MaglevServer, maglevTable } from "../../lib/maglev/table.ts";
import { xxhash } from "../../lib/maglev/xxhash.ts";

const seed = 4021;

function server(last: number, weight: number): MaglevServer {
  const address = new Uint8Array(16);
  address.set([10, 1, 0, last], 12);
  return { index: last, address, weight };
}

function counts(table: Uint32Array): number[] {
  const result: number[] = [];
  for (const index of table) result[index] = (result[index] ?? 0) + 1;
  return Array.from(result, (count) => count ?? 0);
}

Deno.test("weights 100, 50 and 30 get the buckets that VPP gave them", () => {
  const table = maglevTable([server(1, 100), server(2, 50), server(3, 30)], 1024);
  assert.deepEqual(counts(table), [0, 547, 297, 180]);
});

Deno.test("weights 100 and 50 get the buckets that VPP gave them", () => {
  assert.deepEqual(counts(maglevTable([server(1, 100), server(2, 50)], 1024)), [0, 674, 350]);
});

Deno.test("without a server, or with weights of 0 only, every slot drops", () => {
  assert.deepEqual(counts(maglevTable([], 256)), [256]);
  assert.deepEqual(counts(maglevTable([server(1, 0), server(2, 0)], 256)), [256]);
});

Deno.test("a table is far from its weights when their sum is no smaller than it", () => {
  const servers = Array.from({ length: 40 }, (_, i) => server(i + 1, i < 20 ? 100 : 50));
  assert.deepEqual(counts(maglevTable(servers, 1024)).slice(1, 22).map((n) => n >= 25 && n <= 26), [
    ...Array.from({ length: 21 }, () => true),
  ]);
});

Deno.test("the order in which servers were added does not matter", () => {
  const servers = [server(1, 100), server(2, 50), server(3, 30), server(4, 7)];
  const expected = maglevTable(servers, 1024);
  fc.assert(
    fc.property(fc.shuffledSubarray(servers, { minLength: 4 }), (shuffled) => {
      assert.deepEqual(maglevTable(shuffled, 1024), expected);
    }),
    { seed },
  );
});

Deno.test("every slot belongs to a server with a weight, every such server has a slot", () => {
  const arbitrary = fc.uniqueArray(
    fc.record({ last: fc.integer({ min: 1, max: 255 }), weight: fc.integer({ min: 0, max: 255 }) }),
    { selector: ({ last }) => last, minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(arbitrary, (list) => {
      const servers = list.map(({ last, weight }) => server(last, weight));
      const used = new Set(maglevTable(servers, 512));
      const wanted = servers.filter(({ weight }) => weight > 0).map(({ index }) => index);
      assert.deepEqual(Array.from(used).sort(), wanted.length > 0 ? wanted.sort() : [0]);
    }),
    { seed, numRuns: 200 },
  );
});

Deno.test("the hash is XXH64 of one word, as plain 64-bit arithmetic has it", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (key) => {
      const { high, low } = xxhash(Number(key >> 32n), Number(key & 0xffff_ffffn));
      assert.equal((BigInt(high) << 32n) | BigInt(low), reference(key));
    }),
    { seed, numRuns: 1000 },
  );
});

const wrap = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint) => wrap(value << bits) | (value >> (64n - bits));

/** The reference, from the xxHash specification's XXH64 for an input of eight bytes. */
function reference(key: bigint): bigint {
  const prime1 = 0x9e3779b185ebca87n;
  const prime2 = 0xc2b2ae3d27d4eb4fn;
  const prime3 = 0x165667b19e3779f9n;
  const prime4 = 0x85ebca77c2b2ae63n;
  const prime5 = 0x27d4eb2f165667c5n;
  let hash = wrap(0x9e3779b97f4a7c13n + prime5 + 8n);
  hash ^= wrap(rotate(wrap(key * prime2), 31n) * prime1);
  hash = wrap(rotate(hash, 27n) * prime1 + prime4);
  hash = wrap((hash ^ (hash >> 33n)) * prime2);
  hash = wrap((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

Deno.test("slots go to servers as plain 64-bit arithmetic says, for IPv4 and IPv6", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const address = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.tuple(byte, byte).map(([a, b]) => Uint8Array.from([...new Uint8Array(12), 10, 0, a, b])),
  );
  const servers = fc.uniqueArray(
    fc.record({ address, weight: fc.integer({ min: 0, max: 9 }) }),
    { selector: (one) => one.address.toHex(), maxLength: 8 },
  ).map((list) => list.map((one, i) => ({ ...one, index: i + 1 })));
  const length = fc.constantFrom(1, 2, 64, 256);
  fc.assert(
    fc.property(servers, length, (list, slots) => {
      assert.deepEqual(Array.from(maglevTable(list, slots)), plainTable(list, slots));
    }),
    { seed, numRuns: 300 },
  );
});

/** The table slot by slot: entries by replica and address, each taking its next free slot. */
function plainTable(servers: readonly MaglevServer[], length: number): number[] {
  const entries = servers.flatMap((server) =>
    Array.from({ length: server.weight }, (_, replica) => ({ ...server, replica }))
  );
  const text = (one: { address: Uint8Array }) => one.address.toHex();
  entries.sort((a, b) => a.replica - b.replica || (text(a) < text(b) ? -1 : 1));
  const table: (number | undefined)[] = Array(length).fill(undefined);
  const turns = entries.map(({ index, address, replica }) => {
    const view = new DataView(address.buffer, address.byteOffset);
    const halves = view.getBigUint64(0, true) ^ view.getBigUint64(8, true);
    const hash = reference(halves ^ BigInt(replica));
    const mask = length - 1;
    return {
      index,
      at: Number(hash >> 32n) & mask,
      skip: (Number(hash & 0xffff_ffffn) | 1) & mask,
    };
  });
  for (let turn = 0; turns.length > 0 && table.includes(undefined); turn++) {
    const entry = turns[turn % turns.length];
    if (!entry) break;
    while (table[entry.at] !== undefined) entry.at = (entry.at + entry.skip) & (length - 1);
    table[entry.at] = entry.index;
  }
  return table.map((index) => index ?? 0);
}
