import assert from "node:assert/strict";
import { defaultSpliceLimits, Splice } from "../../lib/rpc/splice.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { MemoryConn } from "./memory_conn.ts";

const request = "POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi";
const response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const limits = defaultSpliceLimits;

/** A splice between a client and a server that the test plays. */
function setUp(head: string, capacity?: number) {
  const clock = new FakeClock();
  const [client, outside] = MemoryConn.pair(capacity);
  const [inside, server] = MemoryConn.pair(capacity);
  const bytes = new TextEncoder().encode(head);
  const splice = new Splice(outside, inside, bytes, limits, () => clock.now());
  const wait = (ms: number) => {
    clock.advance(ms);
    splice.check();
  };
  return { clock, client, server, outside, inside, splice, wait };
}

Deno.test("bytes go both ways, beginning with what was read already", async () => {
  const { client, server, splice } = setUp("POST / HT");
  assert.equal(await server.text(), "POST / HT");
  await client.say("TP/1.1\r\n");
  assert.equal(await server.text(), "TP/1.1\r\n");
  await server.say("HTTP/1.1 200");
  assert.equal(await client.text(), "HTTP/1.1 200");
  splice.close();
  await splice.closed;
});

Deno.test("both connections are closed when both sides have ended", async () => {
  const { client, server, inside, outside, splice } = setUp("");
  await client.closeWrite();
  assert.equal(await server.text(), "(end)");
  await server.say("bye");
  assert.equal(await client.text(), "bye");
  await server.closeWrite();
  assert.equal(await client.text(), "(end)");
  await splice.closed;
  assert.deepEqual([inside.closed, outside.closed], [true, true]);
});

Deno.test("the server learns of the client's end only after it has answered", async () => {
  const { client, server, splice } = setUp("");
  await client.say(request);
  assert.equal(await server.text(), request);
  await client.closeWrite();
  await Promise.resolve();
  await server.say(response);
  assert.equal(await client.text(), response);
  assert.equal(await server.text(), "(end)");
  await server.closeWrite();
  await splice.closed;
});

Deno.test("draining waits for the response under way, and for nothing after it", async () => {
  const { client, server, splice } = setUp("");
  await client.say(request);
  assert.equal(await server.text(), request);
  splice.drain();
  await server.say(response);
  assert.equal(await client.text(), response);
  assert.equal(await server.text(), "(end)");
  await server.closeWrite();
  assert.equal(await client.text(), "(end)");
  await client.closeWrite();
  await splice.closed;
});

Deno.test("draining closes a connection on which nothing is asked at once", async () => {
  const { splice } = setUp("");
  splice.drain();
  await splice.closed;
});

Deno.test("a client that ends and is not answered has gone away", async () => {
  const { client, server, splice, wait } = setUp("");
  await client.say(request);
  assert.equal(await server.text(), request);
  await client.closeWrite();
  while (!splice.clientHasEnded) await Promise.resolve();
  wait(limits.lingerMs);
  wait(1);
  assert.equal(await server.text(), "(end)");
  await server.closeWrite();
  await splice.closed;
});

Deno.test("when either side vanishes, so does the other", async () => {
  const first = setUp("");
  first.outside.close();
  await first.splice.closed;
  assert.equal(first.inside.closed, true);
  const second = setUp("");
  second.inside.close();
  await second.splice.closed;
  assert.equal(second.outside.closed, true);
});

Deno.test("after the server's end the client gets the last words, and a moment to close", async () => {
  const { client, server, splice, wait, outside } = setUp("");
  await client.say(request);
  await server.text();
  await server.say(response);
  server.close();
  assert.equal(await client.text(), response);
  assert.equal(await client.text(), "(end)");
  await client.say("more that nobody reads");
  assert.equal(outside.closed, false);
  wait(limits.lingerMs + 1);
  await splice.closed;
});

Deno.test("a client that stops in the middle of a request is cut off", async () => {
  const { client, server, splice, wait, outside } = setUp("");
  await client.say(request.slice(0, 20));
  await server.text();
  wait(limits.requestMs);
  assert.equal(outside.closed, false);
  wait(1);
  await splice.closed;
});

Deno.test("a client that waits for an answer is not cut off", async () => {
  const { client, server, splice, wait, outside } = setUp("");
  await client.say(request);
  await server.text();
  wait(24 * 3_600_000);
  assert.equal(outside.closed, false);
  await server.say(response.slice(0, 30));
  await client.text();
  wait(24 * 3_600_000);
  assert.equal(outside.closed, false);
  splice.close();
});

Deno.test("a client that asks nothing more is let go after a while", async () => {
  const { client, server, splice, wait, outside } = setUp("");
  await client.say(request);
  await server.text();
  await server.say(response);
  await client.text();
  while (splice.answering) await Promise.resolve();
  wait(limits.idleMs);
  assert.equal(outside.closed, false);
  wait(1);
  await splice.closed;
});

Deno.test("a client that stops reading slows the server, and is cut off after a while", async () => {
  const { client, server, splice, wait, outside } = setUp("", 100);
  await client.say(request);
  await server.text();
  let written = 0;
  const writing = (async () => {
    for (;;) written += await server.write(new Uint8Array(50));
  })().catch(() => {});
  for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
  assert.ok(written < 1000, `${written} bytes were buffered`);
  wait(limits.stalledWriteMs);
  assert.equal(outside.closed, false);
  wait(1);
  await splice.closed;
  await writing;
});
