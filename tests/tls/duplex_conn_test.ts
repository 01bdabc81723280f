import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { DuplexConn } from "../../lib/tls/duplex_conn.ts";

/** A stream in a test's hands: what is pushed can be read, what is written waits to be let go. */
function bed() {
  const written: { readonly octets: number[]; readonly done: (error?: Error) => void }[] = [];
  let finished = 0;
  const duplex = new Duplex({
    read: () => {},
    write: (chunk, _encoding, done) => void written.push({ octets: [...chunk], done }),
    final: (done) => {
      finished++;
      done();
    },
  });
  return { duplex, written, conn: new DuplexConn(duplex), finished: () => finished };
}

Deno.test("what comes is read in pieces of any size, up to the end", async () => {
  const { duplex, conn } = bed();
  const into = new Uint8Array(3);
  const early = conn.read(into);
  assert.equal(conn.isWaiting, true);
  duplex.push(new Uint8Array([1, 2]));
  assert.deepEqual([await early, [...into]], [2, [1, 2, 0]]);
  assert.equal(conn.isWaiting, false);
  duplex.push(new Uint8Array([3, 4, 5, 6]));
  assert.deepEqual([await conn.read(into), [...into]], [3, [3, 4, 5]]);
  // More comes before the rest has been read.
  duplex.push(new Uint8Array([7, 8]));
  assert.deepEqual([await conn.read(into), into[0]], [1, 6]);
  assert.deepEqual([await conn.read(into), ...into.subarray(0, 2)], [2, 7, 8]);
  const last = conn.read(into);
  duplex.push(null);
  assert.equal(await last, null);
  assert.equal(await conn.read(into), null);
  conn.close();
});

Deno.test("a write is over when it is passed on", async () => {
  const { written, conn } = bed();
  let isOver = false;
  const writing = conn.write(new Uint8Array([1, 2, 3])).then((count) => {
    isOver = true;
    return count;
  });
  await Promise.resolve();
  assert.deepEqual([isOver, written[0]?.octets], [false, [1, 2, 3]]);
  written[0]?.done();
  assert.equal(await writing, 3);
  conn.close();
});

Deno.test("ending one way leaves the other open", async () => {
  const { duplex, conn, finished } = bed();
  await conn.closeWrite();
  assert.equal(finished(), 1);
  duplex.push(new Uint8Array([7]));
  assert.equal(await conn.read(new Uint8Array(4)), 1);
  conn.close();
});

Deno.test("closing ends who reads and who writes, and harms nobody twice", async () => {
  const { conn, duplex } = bed();
  const reading = assert.rejects(conn.read(new Uint8Array(1)), Deno.errors.BadResource);
  const writing = assert.rejects(conn.write(new Uint8Array(1)), Deno.errors.BadResource);
  conn.close();
  conn.close();
  await Promise.all([reading, writing]);
  await assert.rejects(conn.write(new Uint8Array(1)), Deno.errors.BadResource);
  await assert.rejects(conn.read(new Uint8Array(1)), Deno.errors.BadResource);
  assert.equal(duplex.destroyed, true);
});

Deno.test("what breaks the stream is told to who reads and who writes", async () => {
  const { conn, duplex } = bed();
  const reading = assert.rejects(conn.read(new Uint8Array(1)), /^Error: reset by peer$/);
  const writing = assert.rejects(conn.write(new Uint8Array(1)), /^Error: reset by peer$/);
  duplex.destroy(new Error("reset by peer"));
  await Promise.all([reading, writing]);
});

Deno.test("a write that the stream could not pass on has failed", async () => {
  const { written, conn } = bed();
  const writing = assert.rejects(conn.write(new Uint8Array([1])), /^Error: broken pipe$/);
  written[0]?.done(new Error("broken pipe"));
  await writing;
});

Deno.test("who reads and writes is told at once, however long the stream takes to close", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const duplex = new Duplex({
    read: () => {},
    write: () => {},
    destroy: (error, done) => void promise.then(() => done(error)),
  });
  const conn = new DuplexConn(duplex);
  const reading = assert.rejects(conn.read(new Uint8Array(1)), Deno.errors.BadResource);
  const writing = assert.rejects(conn.write(new Uint8Array(1)), Deno.errors.BadResource);
  conn.close();
  await Promise.all([reading, writing]);
  resolve();
});

Deno.test("to close the writing side is over when the stream is closed first, or was before", async () => {
  const { written, duplex, conn } = bed();
  const writing = conn.write(new Uint8Array([1]));
  // Nobody lets go of what is written, so it never gets to its end.
  const closing = conn.closeWrite();
  assert.equal(written.length, 1);
  duplex.destroy();
  await closing;
  await assert.rejects(writing, Deno.errors.BadResource);
  await conn.closeWrite();
});
