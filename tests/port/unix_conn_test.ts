import assert from "node:assert/strict";
import { Socket } from "node:net";
import { UnixListener } from "../../lib/net/mod.ts";
import { readAhead, type ReadInto, UnixConn } from "../../lib/port/unix_socket.ts";
import { until } from "../support/until.ts";

/** Both ends of a connection by a Unix socket. */
interface Ends {
  readonly client: Deno.UnixConn;
  readonly conn: UnixConn;
  readonly socket: Socket;
}

async function connected(run: (ends: Ends) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "mgl-unix-" });
  const path = `${directory}/api.sock`;
  const listener = UnixListener.open(path, 1, () => {});
  try {
    const [{ fd, peer: { uid, gid, groups } }, client] = await Promise.all([
      listener.accept(),
      Deno.connect({ transport: "unix", path }),
    ]);
    let socket: Socket | undefined;
    const open = (onread: ReadInto) =>
      socket = new Socket({ fd: fd.release(), allowHalfOpen: true, onread });
    const credentials = { kind: "unix", user: "anna", uid, gids: [gid, ...groups] } as const;
    const conn = new UnixConn(open, "unix:anna", credentials);
    assert.ok(socket);
    const closed = new Promise((resolve) => socket?.once("close", resolve));
    try {
      await run({ client, conn, socket });
    } finally {
      conn.close();
      client.close();
      await closed;
    }
  } finally {
    listener.close();
    await Deno.remove(directory, { recursive: true });
  }
}

/** Sends as much as goes, until it is closed. */
async function pour(client: Deno.UnixConn, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += await client.write(octets.subarray(at));
}

const many = Uint8Array.from({ length: 1_000_000 }, (_, n) => n * 7 + (n >> 8));

Deno.test("however much a client sends, no more is read than somebody wants", () =>
  connected(async ({ client, conn, socket }) => {
    const pouring = pour(client, many);
    const into = new Uint8Array(100_000);
    await until(() => socket.bytesRead > 0);
    let taken = 0;
    while (taken < many.length) {
      const count = await conn.read(into.subarray(0, 1 + taken % 5_000));
      assert.ok(count !== null);
      assert.deepEqual(into.subarray(0, count), many.subarray(taken, taken + count));
      taken += count;
      // A turn in which a stream would read ahead.
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(socket.bytesRead - taken <= readAhead, `${socket.bytesRead - taken} are held`);
    }
    await pouring;
  }));

Deno.test("the end of what a client sends leaves the other way open", () =>
  connected(async ({ client, conn }) => {
    await client.write(new Uint8Array([1, 2, 3]));
    await client.closeWrite();
    const into = new Uint8Array(2);
    assert.equal(await conn.read(into), 2);
    assert.equal(await conn.read(into), 1);
    assert.equal(await conn.read(into), null);
    assert.equal(await conn.read(into), null);
    assert.equal(await conn.write(new Uint8Array([9])), 1);
    assert.equal(await client.read(into), 1);
    await conn.closeWrite();
    assert.equal(await client.read(into), null);
  }));

Deno.test("who reads is told that the connection is closed", () =>
  connected(async ({ conn }) => {
    const reading = assert.rejects(conn.read(new Uint8Array(1)), Deno.errors.BadResource);
    conn.close();
    await reading;
    await assert.rejects(conn.read(new Uint8Array(1)), Deno.errors.BadResource);
    await assert.rejects(conn.write(new Uint8Array(1)), Deno.errors.BadResource);
  }));

Deno.test("a client that goes ends who reads", () =>
  connected(async ({ client, conn }) => {
    const reading = conn.read(new Uint8Array(1));
    await client.closeWrite();
    assert.equal(await reading, null);
  }));
