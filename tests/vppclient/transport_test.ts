import assert from "node:assert/strict";
import { ConnectionError } from "../../lib/vppclient/errors.ts";
import {
  closeOnce,
  framesOfVpp,
  SendBuffer,
  type Transport,
} from "../../lib/vppclient/transport.ts";

Deno.test("a message of 64 MiB is waited for, a longer one is not believed", () => {
  const announced = (length: number) => {
    const frames = framesOfVpp();
    const header = new Uint8Array(16);
    new DataView(header.buffer).setUint32(8, length);
    frames.add(header);
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
