import { deepEqual, equal } from "node:assert/strict";
import { LineWriter, type WriterLimits } from "../../lib/log/writer.ts";

/** A sink whose first write waits until it is let go on, and the sizes of all writes. */
function slowSink() {
  const sizes: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let text = "";
  const write = async (bytes: Uint8Array) => {
    sizes.push(bytes.length);
    if (sizes.length === 1) await promise;
    text += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  return { sizes, goOn: resolve, sink: { write }, text: () => text };
}

/** Sizes of the writes of so many lines of a length that wait for the first. */
async function sizesOf(lengths: readonly number[], limits?: WriterLimits) {
  const { sizes, goOn, sink } = slowSink();
  const writer = new LineWriter(sink, String, limits);
  writer.write("first\n");
  for (const length of lengths) writer.write("\n".padStart(length, "x"));
  goOn();
  await writer.flushed();
  return { sizes: sizes.slice(1), dropped: writer.dropped };
}

Deno.test("a write takes as many lines as its limit allows; a longer line goes alone", async () => {
  const limits = { queued: 1_000, batch: 100 };
  deepEqual(await sizesOf([40, 60, 1, 99, 1, 150, 20], limits), {
    ...{ sizes: [100, 100, 1, 150, 20], dropped: 0 },
  });
});

Deno.test("by itself a write takes 64 Ki characters, and 1 Mi may wait", async () => {
  const line = 1 << 14;
  const { sizes, dropped } = await sizesOf(Array(70).fill(line));
  deepEqual(sizes.slice(0, 2), [4 * line, 4 * line]);
  equal(sizes.reduce((sum, size) => sum + size, 0) - `${dropped}`.length, 64 * line);
  equal(dropped, 6);
});

Deno.test("what follows a line that a full disk has cut off begins a line of its own", async () => {
  let [room, text] = [14, ""];
  const write = (bytes: Uint8Array) => {
    if (room === 0) return Promise.reject(new Error("No space left on device (os error 28)"));
    const taken = Math.min(room, bytes.length);
    room -= taken;
    text += new TextDecoder().decode(bytes.subarray(0, taken));
    return Promise.resolve(taken);
  };
  const writer = new LineWriter({ write }, (count) => `dropped ${count}\n`);
  const next = async (line: string) => {
    writer.write(line);
    await writer.flushed();
  };
  await next("{first}\n");
  await next("{second}\n");
  await next("{third}\n");
  room = 8;
  await next("{fourth}\n");
  room = 1_000;
  await next("{fifth}\n");
  await next("{sixth}\n");
  room = 1;
  await next("{seventh}\n");
  room = 1_000;
  await next("{eighth}\n");
  equal(text, "{first}\n{secon\n{fourth\n{fifth}\ndropped 3\n{sixth}\n{\n{eighth}\ndropped 1\n");
});

Deno.test("a line of which nothing was taken before the sink failed leaves none that is torn", async () => {
  const taken = [0, new Error("No space left on device (os error 28)"), 8];
  let text = "";
  const write = (bytes: Uint8Array) => {
    const next = taken.shift();
    if (next instanceof Error) return Promise.reject(next);
    text += new TextDecoder().decode(bytes.subarray(0, next));
    return Promise.resolve(next ?? bytes.length);
  };
  const writer = new LineWriter({ write }, (count) => `dropped ${count}\n`);
  for (const line of ["{first}\n", "{other}\n"]) {
    writer.write(line);
    await writer.flushed();
  }
  equal(text, "{other}\ndropped 1\n");
});

Deno.test("however often a gap was told, no more waits than may", async () => {
  let release = () => {};
  const write = async (bytes: Uint8Array) => {
    await new Promise<void>((resolve) => release = resolve);
    return bytes.length;
  };
  const limits = { queued: 100, batch: 1_000 };
  const writer = new LineWriter({ write }, (count) => `dropped ${count}\n`.padStart(50), limits);
  let before = 0;
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 20; i++) writer.write("123456789\n");
    const flushed = writer.flushed();
    let isOver = false;
    void flushed.then(() => isOver = true);
    while (!isOver) {
      release();
      await Promise.resolve();
    }
    // The first is on its way, ten more wait.
    equal(writer.dropped - before, 9, `round ${round}`);
    before = writer.dropped;
  }
});
