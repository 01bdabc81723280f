import assert from "node:assert/strict";
import { libc } from "../../lib/net/libc.ts";
import {
  acceptSeqpacket,
  type FileDescriptor,
  listenSeqpacket,
  mapShared,
  memfd,
  sendFd,
} from "../../lib/net/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import {
  openStatsSegment,
  segmentIn,
  type SegmentSource,
} from "../../lib/vppclient/stats_segment.ts";
import { SegmentError } from "../../lib/vppclient/segment_directory.ts";
import { gunzipped } from "./support/fixtures.ts";

const recorded = await gunzipped("stats/two-threads.bin.gz");
const names = ["/sys/num_worker_threads"];

function copy(): { bytes: Uint8Array<ArrayBuffer>; view: DataView } {
  const bytes = recorded.slice();
  return { bytes, view: new DataView(bytes.buffer) };
}

function memoryOf(buffer: ArrayBuffer, dispose: () => void = () => {}): SegmentSource {
  return { buffer, [Symbol.dispose]: dispose };
}

Deno.test("a reading waits while VPP changes the layout, 10 turns and 100 ms at most", async () => {
  const { bytes, view } = copy();
  const clock = new FakeClock();
  let turns = 0;
  clock.turn = { isOver: false, next: () => Promise.resolve(void turns++) };
  const segment = segmentIn(memoryOf(bytes.buffer), { clock, names });
  const workers = () => segment.read((stats) => stats.scalar("/sys/num_worker_threads"));
  view.setUint32(24, 1, true);
  const soon = workers();
  view.setUint32(24, 0, true);
  assert.equal(await soon, 1);
  assert.deepEqual([turns, clock.pending], [1, 0], "the next turn is tried first");
  view.setUint32(24, 1, true);
  const later = workers();
  await clock.advanceAsync(97);
  view.setUint32(24, 0, true);
  await clock.advanceAsync(1);
  assert.equal(await later, 1, "the last attempt is after 98 ms of pauses");
  view.setUint32(24, 1, true);
  turns = 0;
  const begun = clock.now();
  let failedAt = 0;
  const failing = assert.rejects(
    workers().finally(() => failedAt = clock.now()),
    new SegmentError("VPP kept changing the stats segment for 60 attempts"),
  );
  for (let ms = 0; ms < 200; ms++) await clock.advanceAsync(1);
  await failing;
  assert.deepEqual([turns, failedAt - begun, clock.pending], [10, 100, 0]);
});

Deno.test("memory without a segment in it is given back at once", () => {
  let unmapped = 0;
  const memory = memoryOf(new ArrayBuffer(4096), () => unmapped++);
  assert.throws(() => segmentIn(memory, { clock: new FakeClock(), names }), SegmentError);
  assert.equal(unmapped, 1);
});

Deno.test("a segment is unmapped once, and not read afterwards", async () => {
  let unmapped = 0;
  const memory = memoryOf(copy().bytes.buffer, () => unmapped++);
  const segment = segmentIn(memory, { clock: new FakeClock(), names });
  segment[Symbol.dispose]();
  segment[Symbol.dispose]();
  assert.equal(unmapped, 1);
  await assert.rejects(segment.read(() => 1), /the stats segment is not mapped any more/);
});

const options = { clock: new FakeClock(), names: [], deadlineMs: 600_000 };

Deno.test("a segment that somebody truncates is not read any more, which would end the process", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using file = memfd("stats", recorded.length);
    using mapping = mapShared(file, recorded.length);
    new Uint8Array(mapping.buffer).set(recorded);
    using listener = listenSeqpacket(`${folder}/stats.sock`);
    const opening = openStatsSegment(`${folder}/stats.sock`, { ...options, names });
    using client = await acceptSeqpacket(listener);
    sendFd(client, file);
    using segment = await opening;
    const workers = () => segment.read((stats) => stats.scalar("/sys/num_worker_threads"));
    assert.equal(await workers(), 1);
    assert.equal(libc.ftruncate(file.number, 0n), 0);
    await assert.rejects(workers(), new SegmentError("somebody has truncated the stats segment"));
    await assert.rejects(workers(), SegmentError, "the next time too");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("whoever waits for a stats segment may give it up", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/stats.sock`;
  try {
    // Connected to by the kernel, and never answered.
    using listener = listenSeqpacket(path);
    const controller = new AbortController();
    const opening = openStatsSegment(path, { ...options, signal: controller.signal });
    controller.abort(new Error("maglevd is stopping"));
    await assert.rejects(opening, /maglevd is stopping/);
    await assert.rejects(
      openStatsSegment(path, { ...options, deadlineMs: 1 }),
      { name: "NetError" },
    );
    assert.ok(listener);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("of a thousand segments that make no sense nothing is left open", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/stats.sock`;
  const descriptors = () => [...Deno.readDirSync("/proc/self/fd")].length;
  const mappings = async () =>
    (await Deno.readTextFile("/proc/self/maps")).split("/memfd:odd").length;
  try {
    using listener = listenSeqpacket(path);
    using empty = memfd("odd", 0);
    using zeros = memfd("odd", 4096);
    // The version, and a directory that is not there.
    using cut = memfd("odd", 4096);
    using mapping = mapShared(cut, 4096);
    new Uint8Array(mapping.buffer).set(recorded.subarray(0, 4096));
    const offer = async (file: FileDescriptor) => {
      const opening = openStatsSegment(path, { ...options, names });
      const opened = opening.then((segment) => segment, (error: Error) => error);
      using client = await acceptSeqpacket(listener);
      sendFd(client, file);
      const segment = await opened;
      if (segment instanceof Error) throw segment;
      using _ = segment;
      return await segment.read((stats) => stats.scalar(names[0] ?? ""));
    };
    const told = [
      [empty, "the stats segment cannot be mapped: map an empty file: invalid argument"],
      [zeros, "the stats segment has version 0, only 2 is understood"],
      [cut, /^the stats segment refers to \d+ bytes at offset \d+, it has 4096$/],
    ] as const;
    for (const [file, message] of told) {
      await assert.rejects(offer(file), { name: "SegmentError", message });
    }
    const before = [descriptors(), await mappings()];
    for (let i = 0; i < 334; i++) {
      for (const [file] of told) await assert.rejects(offer(file), SegmentError);
    }
    assert.deepEqual([descriptors(), await mappings()], before);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
