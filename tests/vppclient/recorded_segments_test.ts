import assert from "node:assert/strict";
import fc from "fast-check";
import { SegmentError } from "../../lib/vppclient/segment_directory.ts";
import { StatsReader, type StatsView } from "../../lib/vppclient/stats_segment.ts";
import { gunzipped, textFile } from "./support/fixtures.ts";

const lbNames = [
  "packet from existing sessions",
  "first session packet",
  "untracked packet",
  "no server configured",
];
const names = [
  "/sys/boottime",
  "/sys/num_worker_threads",
  "/sys/last_update",
  "/net/route/to",
  "/net/route/via",
  "/no/such/entry",
  ...lbNames,
];

interface Found {
  readonly values: Record<string, unknown>;
  readonly vips: readonly { readonly stats_index: number }[];
}

async function recorded(name: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; found: Found }> {
  return {
    bytes: await gunzipped(`stats/${name}.bin.gz`),
    found: JSON.parse(await textFile(`stats/${name}.json`)),
  };
}

function read<T>(buffer: ArrayBuffer, look: (view: StatsView) => T): T {
  const reading = new StatsReader(buffer, names).read(look);
  return reading ? reading.value : assert.fail();
}

function sumOf(threads: number[][]): number[] {
  return (threads[0] ?? []).map((_, i) => threads.reduce((sum, one) => sum + (one[i] ?? 0), 0));
}

for (const name of ["one-thread", "two-threads"]) {
  const { bytes, found } = await recorded(name);

  Deno.test(`the recorded segment ${name} holds what an independent reader found`, () => {
    for (const scalar of ["/sys/boottime", "/sys/num_worker_threads"]) {
      assert.equal(read(bytes.buffer, (view) => view.scalar(scalar)), found.values[scalar]);
    }
    // A clock of VPP's: one segment was saved in the second before the independent reader looked.
    const update = read(bytes.buffer, (view) => view.scalar("/sys/last_update")) ?? 0;
    assert.ok([0, 1].includes(Number(found.values["/sys/last_update"]) - update));
    for (const counter of lbNames) {
      const expected = sumOf(found.values[counter] as number[][]);
      const mine = read(bytes.buffer, (view) => expected.map((_, i) => view.simple(counter)(i)));
      assert.deepEqual(mine, expected, counter);
    }
    const to = found.values["/net/route/to"] as [number, number][][];
    const expected = (to[0] ?? []).map((_, i) =>
      [0, 1].map((half) => to.reduce((sum, one) => sum + (one[i]?.[half] ?? 0), 0))
    );
    const mine = read(bytes.buffer, (view) => {
      const { packets, bytes } = view.combined("/net/route/to");
      return expected.map((_, i) => [packets(i), bytes(i)]);
    });
    assert.deepEqual(mine, expected);
    assert.ok(expected.some(([packets]) => Number(packets) > 0));
  });

  Deno.test(`in ${name}, entries and indices that are not there read as nothing`, () => {
    read(bytes.buffer, (view) => {
      assert.equal(view.scalar("/no/such/entry"), undefined);
      assert.equal(view.simple("/no/such/entry")(1), 0);
      assert.equal(view.simple("first session packet")(1_000_000), 0);
      assert.equal(view.simple("first session packet")(undefined), 0);
      assert.equal(view.combined("/net/route/to").packets(undefined), 0);
      assert.equal(view.combined("/no/such/entry").bytes(0), 0);
    });
  });
}

const { bytes: segment } = await recorded("two-threads");

/** The first part of the recorded segment, which has everything but its far end. */
function copy(): { bytes: Uint8Array<ArrayBuffer>; view: DataView } {
  const bytes = segment.slice();
  return { bytes, view: new DataView(bytes.buffer) };
}

function lookAtAll(view: StatsView): number {
  let sum = view.scalar("/sys/boottime") ?? 0;
  for (const name of lbNames) for (let i = 0; i < 8; i++) sum += view.simple(name)(i);
  for (const name of ["/net/route/to", "/net/route/via"]) {
    const { packets, bytes } = view.combined(name);
    for (let i = 0; i < 64; i++) sum += packets(i) + bytes(i);
  }
  return sum;
}

Deno.test("while VPP changes the layout nothing is read", () => {
  const { bytes, view } = copy();
  const reader = new StatsReader(bytes.buffer, names);
  view.setUint32(24, 1, true);
  let looks = 0;
  assert.equal(reader.read(() => looks++), undefined);
  assert.equal(looks, 0);
  view.setUint32(24, 0, true);
  assert.ok(reader.read(() => 1));
});

Deno.test("a reading during which the epoch changed does not count, even if it failed", () => {
  const { bytes, view } = copy();
  const reader = new StatsReader(bytes.buffer, names);
  const move = () => view.setUint32(16, view.getUint32(16, true) + 1, true);
  assert.equal(reader.read(move), undefined);
  const failing = () => {
    move();
    throw new SegmentError("odd");
  };
  assert.equal(reader.read(failing), undefined);
  assert.ok(reader.read(lookAtAll));
});

Deno.test("after an epoch change vectors are looked up again", () => {
  const { bytes, view } = copy();
  const reader = new StatsReader(bytes.buffer, names);
  const before = reader.read((stats) => stats.scalar("/sys/boottime"));
  const at = new TextDecoder("latin1").decode(bytes).indexOf("/sys/boottime\0");
  bytes.set(new TextEncoder().encode("/gone"), at);
  assert.deepEqual(reader.read((stats) => stats.scalar("/sys/boottime")), before);
  view.setUint32(16, 7, true);
  assert.deepEqual(reader.read((stats) => stats.scalar("/sys/boottime")), { value: undefined });
});

Deno.test("a vector that got longer in place is read to its new end", () => {
  const { bytes, view } = copy();
  const reader = new StatsReader(bytes.buffer, names);
  const at = new TextDecoder("latin1").decode(bytes).indexOf("first session packet\0");
  const base = view.getBigUint64(8, true);
  const offset = (pointer: bigint) => Number(pointer - base);
  const threads = offset(view.getBigUint64(at - 8, true));
  const vector = offset(view.getBigUint64(threads, true));
  const length = view.getUint32(vector - 8, true);
  const look = (stats: StatsView) => stats.simple("first session packet")(length);
  assert.deepEqual(reader.read(look), { value: 0 });
  view.setBigUint64(vector + 8 * length, 17n, true);
  assert.deepEqual(reader.read(look), { value: 0 }, "not yet part of it");
  view.setUint32(vector - 8, length + 1, true);
  assert.deepEqual(reader.read(look), { value: 17 });
});

Deno.test("a segment of another version is refused", () => {
  const { bytes, view } = copy();
  view.setUint32(0, 3, true);
  assert.throws(
    () => new StatsReader(bytes.buffer, names),
    new SegmentError("the stats segment has version 3, only 2 is understood"),
  );
  assert.throws(() => new StatsReader(new ArrayBuffer(16), names), SegmentError);
});

Deno.test("whatever the segment says, nothing outside it is read", () => {
  const base = segment.subarray(0, 2 * 1024 * 1024);
  const directory = Number(new DataView(segment.buffer).getBigUint64(32, true)) -
    Number(new DataView(segment.buffer).getBigUint64(8, true));
  const place = fc.oneof(
    fc.integer({ min: 0, max: 39 }),
    fc.integer({ min: directory - 16, max: directory + 3_200 * 144 }),
  );
  const lie = fc.record({ at: place, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) });
  const cut = fc.integer({ min: 40, max: base.length });
  fc.assert(
    fc.property(fc.array(lie, { minLength: 1, maxLength: 20 }), cut, (lies, size) => {
      const bytes = base.slice(0, size);
      for (const { at, bytes: what } of lies) {
        if (at + what.length <= bytes.length) bytes.set(what, at);
      }
      try {
        new StatsReader(bytes.buffer, names).read(lookAtAll);
      } catch (error) {
        assert.ok(error instanceof SegmentError, String(error));
      }
    }),
    { seed: 26_10, numRuns: 200 },
  );
});

Deno.test("counters are exact up to 2^53", () => {
  const buffer = new ArrayBuffer(4096);
  const view = new DataView(buffer);
  const put = (at: number, value: bigint) => view.setBigUint64(at, value, true);
  const base = 0x7ff2_8113_2000n;
  put(0, 2n);
  put(8, base);
  put(32, base + 208n);
  view.setUint32(200, 1, true);
  view.setUint32(208, 2, true);
  put(216, base + 1008n);
  new Uint8Array(buffer).set(new TextEncoder().encode("first session packet"), 224);
  view.setUint32(1000, 1, true);
  put(1008, base + 2008n);
  const values = [0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 52n - 1n, 2n ** 52n, 2n ** 53n];
  view.setUint32(2000, values.length, true);
  for (const [i, value] of values.entries()) put(2008 + 8 * i, value);
  const mine = read(
    buffer,
    (stats) => values.map((_, i) => stats.simple("first session packet")(i)),
  );
  assert.deepEqual(mine, values.map(Number));
});
