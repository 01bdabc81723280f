import { deepEqual, equal, rejects } from "node:assert/strict";
import type { ByteConn } from "../../lib/h2/mod.ts";
import { ConnectionOver } from "../../lib/h1/errors.ts";
import { Input } from "../../lib/h1/input.ts";

const most = 16_384;

/** A connection that reads what it is told to, and notes how much room it was offered. */
function scripted(...results: readonly (number | null | Error)[]) {
  const left = [...results];
  const rooms: number[] = [];
  let next = 0;
  const conn: ByteConn = {
    read(room) {
      rooms.push(room.length);
      const result = left.shift() ?? null;
      if (result instanceof Error) return Promise.reject(result);
      for (let i = 0; i < (result ?? 0); i++) room[i] = next++ & 255;
      return Promise.resolve(result);
    },
    write: () => Promise.reject(new Error("nothing is written here")),
    close: () => {},
  };
  return { conn, rooms };
}

Deno.test("what was read before comes first, and what is used is gone", async () => {
  const { conn } = scripted(2);
  const input = new Input(conn, Uint8Array.of(7, 8, 9), most);
  deepEqual([...input.octets], [7, 8, 9]);
  input.consume(2);
  await input.fill();
  deepEqual([...input.octets], [9, 0, 1]);
  input.consume(3);
  deepEqual([...input.octets], []);
  equal(input.ended, false);
  await input.fill();
  equal(input.ended, true);
  await input.fill();
});

Deno.test("calls that come together wait for the same octets", async () => {
  const { conn, rooms } = scripted(2, 2);
  const input = new Input(conn, new Uint8Array(), most);
  const first = input.fill();
  equal(input.fill(), first);
  await first;
  equal(rooms.length, 1);
  await input.fill();
  deepEqual([...input.octets], [0, 1, 2, 3]);
});

Deno.test("the buffer grows for a client that fills it, up to its limit, and shrinks again", async () => {
  const { conn, rooms } = scripted(4096, 4096, 8192, 16_384, 10, 5, 1);
  const input = new Input(conn, new Uint8Array(), most);
  await input.fill();
  equal(input.full, false);
  await input.fill();
  await input.fill();
  equal(input.full, true);
  deepEqual([...input.octets], Array.from({ length: most }, (_, i) => i & 255));
  await input.fill();
  equal(rooms.length, 3);
  input.consume(most);
  await input.fill();
  input.consume(most - 1);
  await input.fill();
  deepEqual([...input.octets.subarray(0, 2)], [255, 0]);
  input.consume(11);
  await input.fill();
  deepEqual(rooms, [4096, 4096, 8192, 16_384, 16_383, 4096]);
});

Deno.test("octets that are held are moved to make room for more", async () => {
  const { conn, rooms } = scripted(4096, 3);
  const input = new Input(conn, new Uint8Array(), 4096);
  await input.fill();
  input.consume(4090);
  await input.fill();
  deepEqual(rooms, [4096, 4090]);
  deepEqual([...input.octets], [250, 251, 252, 253, 254, 255, 0, 1, 2]);
});

Deno.test("a quiet connection keeps its buffer, and fills it up before it is moved", async () => {
  const { conn, rooms } = scripted(3, 1, 1);
  const input = new Input(conn, new Uint8Array(), most);
  await input.fill();
  const { buffer } = input.octets;
  input.consume(2);
  await input.fill();
  input.consume(2);
  await input.fill();
  deepEqual(rooms, [4096, 4093, 4096]);
  equal(input.octets.buffer, buffer);
});

Deno.test("more may have been read before than a quiet connection has room for", () => {
  const input = new Input(scripted().conn, new Uint8Array(5000).fill(7), most);
  equal(input.octets.length, 5000);
});

Deno.test("a connection that breaks is over, and says why", async () => {
  const reset = new Deno.errors.ConnectionReset("reset by peer");
  const input = new Input(scripted(reset).conn, new Uint8Array(), most);
  await rejects(input.fill(), (error: unknown) => {
    return error instanceof ConnectionOver && error.cause === reset &&
      error.message === "the connection broke while reading";
  });
});
