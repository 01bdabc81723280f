import assert from "node:assert/strict";
import { SegmentError, SegmentMemory } from "../../lib/vppclient/segment_directory.ts";
import { StatsReader, type StatsView } from "../../lib/vppclient/stats_segment.ts";

const names = ["first session packet"];

function read<T>(buffer: ArrayBuffer, look: (view: StatsView) => T): T {
  const reading = new StatsReader(buffer, names).read(look);
  return reading ? reading.value : assert.fail();
}

/** A small segment made by hand, with one simple counter and whatever `change` makes of it. */
function small(change: (view: DataView) => void = () => {}, bytes = 1024): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  const view = new DataView(buffer);
  const pointer = (at: number, to: number) => view.setBigUint64(at, BigInt(0x7000_0000 + to), true);
  view.setUint32(0, 2, true);
  view.setUint32(8, 0x7000_0000, true);
  view.setUint32(16, 1, true);
  pointer(32, directoryAt);
  view.setUint32(directoryAt - 8, 2, true);
  for (const [i, name] of ["xirst session packet", "first session packet"].entries()) {
    const entry = directoryAt + 144 * i;
    view.setUint32(entry, 2, true);
    pointer(entry + 8, threadsAt);
    new Uint8Array(buffer).set(new TextEncoder().encode(name), entry + 16);
  }
  view.setUint32(threadsAt - 8, 1, true);
  pointer(threadsAt, valuesAt);
  view.setUint32(valuesAt - 8, 3, true);
  for (const [i, value] of [11, 12, 13].entries()) view.setUint32(valuesAt + 8 * i, value, true);
  change(view);
  return buffer;
}

const directoryAt = 72;
const entryAt = directoryAt + 144;
const threadsAt = directoryAt + 2 * 144 + 8;
const valuesAt = threadsAt + 16;

const firstPackets = (stats: StatsView) =>
  [0, 1, 2, 3].map((index) => stats.simple("first session packet")(index));

Deno.test("every index is read, the first and the last, up to the segment's very end", () => {
  assert.deepEqual(read(small(), firstPackets), [11, 12, 13, 0]);
  const end = valuesAt + 3 * 8;
  assert.deepEqual(read(small(undefined, end), firstPackets), [11, 12, 13, 0]);
});

Deno.test("an entry is found by its whole name, in a directory of any length", () => {
  const isGone = (change: (view: DataView) => void) =>
    assert.deepEqual(read(small(change), firstPackets), [0, 0, 0, 0]);
  isGone((view) => view.setUint8(entryAt + 16, 0x46));
  isGone((view) => view.setUint8(entryAt + 16 + "first session packet".length, 0x73));
  isGone((view) => view.setUint32(directoryAt - 8, 1, true));
});

Deno.test("vectors that VPP has not made yet are empty", () => {
  const nothing = [0, 0, 0, 0];
  const noThreads = small((view) => view.setBigUint64(entryAt + 8, 0n, true));
  assert.deepEqual(read(noThreads, firstPackets), nothing);
  const noValues = small((view) => view.setBigUint64(threadsAt, 0n, true));
  assert.deepEqual(read(noValues, firstPackets), nothing);
});

Deno.test("an entry of another type than asked for is an error, with nothing moved", () => {
  const reader = (type: number) =>
    new StatsReader(small((view) => view.setUint32(entryAt, type, true)), names);
  assert.throws(
    () => reader(2).read((stats) => stats.scalar("first session packet")),
    new SegmentError("a stats entry has type 2, expected was 1 or 9"),
  );
  assert.throws(
    () => reader(6).read((stats) => stats.simple("first session packet")),
    new SegmentError("a stats entry has type 6, expected was 2 or 3"),
  );
  for (const type of [1, 9]) {
    const reading = reader(type).read((stats) => stats.scalar("first session packet"));
    assert.deepEqual(reading, { value: 0x7000_0000 + threadsAt });
  }
});

for (
  const [what, change, message] of [
    [
      "a vector beyond the end",
      (view: DataView) => view.setUint32(threadsAt, 0x7000_0000 + 1032, true),
      "the stats segment refers to 4 bytes at offset 1024, it has 1024",
    ],
    [
      "a vector before the beginning",
      (view: DataView) => view.setUint32(threadsAt, 0x6fff_f000, true),
      "the stats segment refers to 4 bytes at offset -4104, it has 1024",
    ],
    [
      "a vector longer than what is left",
      (view: DataView) => view.setUint32(valuesAt - 8, (1024 - valuesAt) / 8 + 1, true),
      `the stats segment refers to ${1024 - valuesAt + 8} bytes at offset ${valuesAt}, it has 1024`,
    ],
    [
      "threads without end",
      (view: DataView) => view.setUint32(threadsAt - 8, 0xffff_ffff, true),
      `the stats segment refers to ${8 * 0xffff_ffff} bytes at offset ${threadsAt}, it has 1024`,
    ],
    [
      "a directory without end",
      (view: DataView) => view.setUint32(directoryAt - 8, 0x1000_0000, true),
      `the stats segment refers to ${
        144 * 0x1000_0000
      } bytes at offset ${directoryAt}, it has 1024`,
    ],
    [
      "a directory beyond the end",
      (view: DataView) => view.setUint32(32, 0x7000_0000 + 8192, true),
      "the stats segment refers to 4 bytes at offset 8184, it has 1024",
    ],
    [
      "a vector at an odd place",
      (view: DataView) => {
        view.setUint32(threadsAt, 0x7000_0000 + valuesAt + 4, true);
        view.setUint32(valuesAt - 4, 3, true);
      },
      `the stats segment refers to 8 bytes at offset ${valuesAt + 4}, it has 1024`,
    ],
  ] as const
) {
  Deno.test(`${what} is an error with its place`, () => {
    const reader = new StatsReader(small(change), names);
    assert.throws(() => reader.read(firstPackets), new SegmentError(message));
    assert.throws(() => reader.read(firstPackets), new SegmentError(message), "the next time too");
  });
}

Deno.test("4,096 threads are believed, one more is not", () => {
  const withThreads = (count: number) =>
    small((view) => {
      view.setUint32(threadsAt - 8, count, true);
      for (let i = 1; i < count; i++) view.setBigUint64(threadsAt + 8 * i, 0n, true);
    }, threadsAt + 8 * 4_097);
  assert.deepEqual(read(withThreads(4_096), firstPackets), [0, 0, 0, 0]);
  assert.throws(
    () => new StatsReader(withThreads(4_097), names).read(firstPackets),
    new SegmentError("a stats entry claims to be of 4097 threads"),
  );
});

Deno.test("where entries are is found once per epoch", () => {
  const buffer = small();
  const view = new DataView(buffer);
  const reader = new StatsReader(buffer, names);
  const values = { value: [11, 12, 13, 0] } as const;
  assert.deepEqual(reader.read(firstPackets), values);
  view.setUint8(entryAt + 16, 0x46);
  assert.deepEqual(reader.read(firstPackets), values, "the directory is not read again");
  view.setUint32(16, 2, true);
  assert.deepEqual(reader.read(firstPackets), { value: [0, 0, 0, 0] });
});

Deno.test("octets after the last whole word are not read", () => {
  const end = valuesAt + 3 * 8;
  for (const more of [1, 7]) {
    const larger = new Uint8Array(end + more);
    larger.set(new Uint8Array(small(undefined, end)));
    assert.deepEqual(read(larger.buffer, firstPackets), [11, 12, 13, 0]);
  }
});

Deno.test("a read that fails for a while goes on afterwards", () => {
  const buffer = small();
  const view = new DataView(buffer);
  const reader = new StatsReader(buffer, names);
  view.setUint32(directoryAt - 8, 0x1000_0000, true);
  assert.throws(() => reader.read(firstPackets), SegmentError);
  view.setUint32(directoryAt - 8, 2, true);
  assert.deepEqual(reader.read(firstPackets), { value: [11, 12, 13, 0] });
});

/** Two words and three octets more: 2^53 - 1, then 7 and 8. */
function memory(): SegmentMemory {
  const buffer = new ArrayBuffer(19);
  const view = new DataView(buffer);
  view.setBigUint64(0, 2n ** 53n - 1n, true);
  view.setUint32(8, 7, true);
  view.setUint32(12, 8, true);
  return new SegmentMemory(buffer);
}

const outside = (at: number, length: number) =>
  new SegmentError(`the stats segment refers to ${length} bytes at offset ${at}, it has 16`);

Deno.test("words and halves of words are read where they are", () => {
  const words = memory();
  assert.equal(words.size, 16, "what follows the last whole word does not count");
  assert.equal(words.u64(0), Number.MAX_SAFE_INTEGER);
  assert.deepEqual([words.u32(8), words.u32(12)], [7, 8]);
});

Deno.test("what is not whole inside is outside, before the first octet as well", () => {
  const words = memory();
  for (const at of [16, -8, 4]) assert.throws(() => words.u64(at), outside(at, 8));
  for (const at of [16, -4, 6]) assert.throws(() => words.u32(at), outside(at, 4));
});

Deno.test("a stretch may end with the segment, and not an octet later", () => {
  const words = memory();
  words.check(8, 8);
  words.check(16, 0);
  assert.throws(() => words.check(8, 9), outside(8, 9));
});

Deno.test("octets are compared to the last, and to none behind the segment", () => {
  const words = memory();
  assert.equal(words.has(8, Uint8Array.of(7, 0, 0, 0, 8)), true);
  assert.equal(words.has(8, Uint8Array.of(7, 0, 0, 0, 9)), false);
  assert.equal(words.has(15, Uint8Array.of(0, 0)), false);
});
