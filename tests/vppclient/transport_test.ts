import fc from "fast-check";
import assert from "node:assert/strict";
import { ConnectionError } from "../../lib/vppclient/errors.ts";
import {
  closeOnce,
  FrameBuffer,
  SendBuffer,
  type Transport,
} from "../../lib/vppclient/transport.ts";

const frameHeaderLength = 16;

function framed(messages: readonly Uint8Array[]): Uint8Array {
  const parts = messages.flatMap((message) => {
    const header = new Uint8Array(frameHeaderLength);
    new DataView(header.buffer).setUint32(8, message.length);
    return [...header, ...message];
  });
  return new Uint8Array(parts);
}

/** Feeds `stream` in pieces of these sizes, over and over, and collects what comes out. */
function cut(stream: Uint8Array, sizes: readonly number[]): number[][] {
  const frames = new FrameBuffer();
  const found: number[][] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const space = frames.space();
    const piece = stream.subarray(at, at + Math.min(space.length, sizes[i % sizes.length] ?? 1));
    space.set(piece);
    frames.filled(piece.length);
    at += piece.length;
    for (let frame = frames.next(); frame; frame = frames.next()) found.push([...frame]);
  }
  assert.equal(frames.incomplete, 0);
  return found;
}

Deno.test("messages come out whole, however the stream is cut", () => {
  const message = fc.uint8Array({ minLength: 2, maxLength: 300 });
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), sizes, (messages, sizes) => {
      assert.deepEqual(cut(framed(messages), sizes), messages.map((one) => [...one]));
    }),
    { seed: 26_10 },
  );
});

Deno.test("a message larger than the buffer comes out whole, and the buffer shrinks again", () => {
  const large = new Uint8Array(300_000).fill(7);
  const frames = new FrameBuffer();
  const stream = framed([large]);
  for (let at = 0; at < stream.length;) {
    const space = frames.space();
    const piece = stream.subarray(at, at + space.length);
    space.set(piece);
    frames.filled(piece.length);
    at += piece.length;
  }
  assert.equal(frames.next()?.length, large.length);
  assert.equal(frames.space().length, 64 * 1024);
});

/** Puts `stream` into the buffer, as far as there is room; the result is how much that was. */
function feed(frames: FrameBuffer, stream: Uint8Array): number {
  const space = frames.space();
  const piece = stream.subarray(0, space.length);
  space.set(piece);
  frames.filled(piece.length);
  return piece.length;
}

Deno.test("room is made by moving what is left, and by growing only when that is over half", () => {
  const full = 64 * 1024;
  for (const [left, room] of [[full / 2, full / 2], [full / 2 + 1, full * 3 / 2 - 1]] as const) {
    const frames = new FrameBuffer();
    const taken = new Uint8Array(full - left - frameHeaderLength).fill(5);
    const next = new Uint8Array(full).fill(6);
    const stream = framed([taken, next]);
    const fed = feed(frames, stream);
    assert.equal(fed, full);
    assert.deepEqual(frames.next(), taken);
    assert.equal(frames.next(), undefined);
    assert.equal(frames.incomplete, left);
    assert.equal(frames.space().length, room);
    for (let at = fed; at < stream.length;) at += feed(frames, stream.subarray(at));
    assert.deepEqual(frames.next(), next);
    assert.equal(frames.incomplete, 0);
  }
});

Deno.test("a message of 64 MiB is waited for, a longer one is not believed", () => {
  const announced = (length: number) => {
    const frames = new FrameBuffer();
    const header = new Uint8Array(frameHeaderLength);
    new DataView(header.buffer).setUint32(8, length);
    feed(frames, header);
    return frames;
  };
  assert.equal(announced(64 * 1024 * 1024).next(), undefined);
  assert.throws(() => announced(64 * 1024 * 1024 + 1).next(), {
    message: "VPP announced a message of 67108865 bytes, possible are 2 to 67108864",
  });
});

function closing(close: () => void): Transport {
  return { read: () => Promise.resolve(null), write: () => Promise.resolve(0), close };
}

Deno.test("what the runtime has closed already is closed, every other failure is told", () => {
  let closed = 0;
  closeOnce(closing(() => closed++));
  assert.equal(closed, 1);
  closeOnce(closing(() => {
    throw new Deno.errors.BadResource("Bad resource ID");
  }));
  const odd = () => {
    throw new TypeError("odd");
  };
  assert.throws(() => closeOnce(closing(odd)), /odd/);
});

/** A buffer whose writes a test lets end, and what it has written. */
class Written {
  readonly pieces: number[][] = [];
  readonly failures: unknown[] = [];
  readonly buffer = new SendBuffer(
    { ...closing(() => {}), write: (bytes) => this.#write(bytes) },
    (error) => this.failures.push(error),
  );
  #writing: PromiseWithResolvers<number> | undefined;

  /** Appends bytes, and has them sent. */
  send(...bytes: number[]): void {
    for (const byte of bytes) this.buffer.writer.u8(byte);
    this.buffer.schedule();
  }

  /** Lets the present write end after so many bytes; the next one has begun then, if there is one. */
  async took(length: number): Promise<void> {
    this.#writing?.resolve(length);
    await turns();
  }

  async failed(error: Error): Promise<void> {
    this.#writing?.reject(error);
    await turns();
  }

  #write(bytes: Uint8Array): Promise<number> {
    this.pieces.push([...bytes]);
    this.#writing = Promise.withResolvers();
    return this.#writing.promise;
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("what is appended in one turn is written at once", async () => {
  const written = new Written();
  written.send(1, 2);
  written.send(3);
  assert.deepEqual(written.pieces, [], "not before the turn is over");
  await turns();
  assert.deepEqual(written.pieces, [[1, 2, 3]]);
});

Deno.test("what comes during a write is written after it, once and in order", async () => {
  const written = new Written();
  written.send(1, 2, 3);
  await turns();
  written.send(4);
  written.send(5);
  await turns();
  assert.deepEqual(written.pieces, [[1, 2, 3]], "one write at a time");
  await written.took(1);
  written.send(6);
  await written.took(2);
  assert.deepEqual(written.pieces, [[1, 2, 3], [2, 3], [4, 5, 6]]);
  await written.took(3);
  assert.equal(written.pieces.length, 3, "nothing is left");
  written.send(7);
  await turns();
  assert.deepEqual(written.pieces[3], [7]);
  await written.took(1);
  written.send(8);
  await turns();
  assert.deepEqual(written.pieces[4], [8]);
});

Deno.test("a single byte is written as well", async () => {
  const written = new Written();
  written.send(9);
  await turns();
  assert.deepEqual(written.pieces, [[9]]);
});

Deno.test("after its end nothing is written any more, whatever was on its way", async () => {
  const written = new Written();
  written.send(1);
  written.buffer.end();
  await turns();
  assert.deepEqual(written.pieces, [], "appended, not begun");

  const begun = new Written();
  begun.send(1, 2);
  await turns();
  begun.send(3);
  begun.buffer.end();
  await begun.took(1);
  begun.send(4);
  await turns();
  assert.deepEqual(begun.pieces, [[1, 2]], "begun, not complete");

  const complete = new Written();
  complete.send(1);
  await turns();
  complete.buffer.end();
  await complete.took(1);
  complete.send(2);
  await turns();
  assert.deepEqual(complete.pieces, [[1]], "complete");
  assert.deepEqual(complete.failures, []);
});

Deno.test("a write that fails is told", async () => {
  const written = new Written();
  written.send(1);
  await turns();
  await written.failed(new Error("broken pipe"));
  assert.deepEqual(written.failures, [
    new ConnectionError("the connection to VPP broke: broken pipe"),
  ]);
});
