import assert from "node:assert/strict";
import { sniff } from "../../lib/port/connections.ts";
import { MemoryConn } from "../support/memory_conn.ts";

async function sniffed(...pieces: readonly string[]): Promise<[string, string] | undefined> {
  const [client, server] = MemoryConn.pair();
  const result = sniff(server);
  for (const piece of pieces) {
    await client.say(piece);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
  await client.closeWrite();
  const found = await result;
  return found && [found.kind, new TextDecoder().decode(found.head)];
}

Deno.test("the preface is recognized in any pieces, and everything read is handed on", async () => {
  assert.deepEqual(await sniffed("PRI * HTTP/2.0\r\n\r\nSM"), ["h2", "PRI * HTTP/2.0\r\n\r\nSM"]);
  assert.deepEqual(await sniffed(..."PRI * HTTP/2.0"), ["h2", "PRI * HTTP/2.0"]);
});

Deno.test("anything else is HTTP/1.1 from its first different byte on", async () => {
  assert.deepEqual(await sniffed("G"), ["http1", "G"]);
  assert.deepEqual(await sniffed("P", "O"), ["http1", "PO"]);
  assert.deepEqual(await sniffed("PRI * HTTP/1.1"), ["http1", "PRI * HTTP/1.1"]);
  assert.deepEqual(await sniffed("\x16\x03\x01"), ["http1", "\x16\x03\x01"]);
});

Deno.test("a connection that ends before it is clear is gone", async () => {
  assert.deepEqual(await sniffed(), undefined);
  assert.deepEqual(await sniffed("PRI * HTTP/2."), undefined);
});

Deno.test("a connection that has said nothing yet holds 4 KiB", async () => {
  const rooms: number[] = [];
  const conn = {
    read(room: Uint8Array) {
      rooms.push(room.buffer.byteLength);
      return Promise.resolve(null);
    },
    write: () => Promise.resolve(0),
    close: () => {},
  };
  assert.deepEqual([await sniff(conn), rooms], [undefined, [4096]]);
});
