import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { Http1Server } from "../../lib/rpc/http1_server.ts";
import { makePrivateSocket, removeLeftovers } from "../../lib/rpc/private_socket.ts";

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function makeOld(path: string): Promise<void> {
  const longAgo = new Date(Date.now() - 3_600_000);
  await Deno.utime(dirname(path), longAgo, longAgo);
}

/** A socket that its listener did not get to remove. */
async function abandon(path: string): Promise<void> {
  const listener = Deno.listen({ transport: "unix", path: `${path}.new` });
  await Deno.rename(`${path}.new`, path);
  listener.close();
}

Deno.test("the socket's directory is for its owner only, and removed with it", async () => {
  const socket = await makePrivateSocket();
  const { mode } = await Deno.stat(dirname(socket.path));
  assert.equal((mode ?? 0) & 0o777, 0o700);
  await socket.remove();
  assert.equal(await exists(dirname(socket.path)), false);
});

Deno.test("what killed daemons left is removed; sockets in use and new ones stay", async () => {
  const [mine, used, abandoned, starting] = await Promise.all(
    Array.from({ length: 4 }, makePrivateSocket),
  );
  assert.ok(mine && used && abandoned && starting);
  try {
    const listener = Deno.listen({ transport: "unix", path: used.path });
    await abandon(abandoned.path);
    await makeOld(used.path);
    await makeOld(abandoned.path);
    const accepting = listener.accept();
    await removeLeftovers(mine);
    (await accepting).close();
    assert.equal(await exists(dirname(abandoned.path)), false);
    assert.equal(await exists(used.path), true);
    listener.close();
    assert.equal(await exists(dirname(starting.path)), true);
  } finally {
    await Promise.all([mine, used, abandoned, starting].map((socket) => socket.remove()));
  }
});

Deno.test("the internal server answers, and leaves nothing behind when closed", async () => {
  const server = await Http1Server.start(() => Promise.resolve(new Response("hi")), () => {});
  const conn = await server.connect();
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
  const buffer = new Uint8Array(1000);
  await conn.read(buffer);
  conn.close();
  const { path } = server;
  await server.close();
  assert.match(new TextDecoder().decode(buffer), /^HTTP\/1.1 200 OK/);
  assert.equal(await exists(join(path, "..")), false);
});
