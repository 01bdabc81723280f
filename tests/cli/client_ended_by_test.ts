import assert from "node:assert/strict";
import { endedBy } from "../../lib/cli/client.ts";
import { forget } from "../support/garbage.ts";
import { within } from "../support/deadline.ts";

/** A server that sends three octets and then nothing, until it is left; `left` says when. */
function quietServer() {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const stop = new AbortController();
  const { signal } = stop;
  const where = { hostname: "127.0.0.1", port: 0, signal, onListen: () => {} };
  const server = Deno.serve(where, () => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(new Uint8Array(3)),
      cancel: () => resolve(),
    });
    return new Response(body, { status: 202, headers: { "x-is": "quiet" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return {
    ...{ url, left },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}

Deno.test("a signal ends a body, and its connection, however long it has been waited for", async () => {
  await using server = quietServer();
  const stop = new AbortController();
  const open = async () => {
    const answer = await fetch(server.url, { signal: stop.signal });
    const response = endedBy(stop.signal, answer);
    assert.deepEqual([response.status, response.headers.get("x-is")], [202, "quiet"]);
    return response.body?.getReader();
  };
  const reader = await open();
  assert.equal((await reader?.read())?.value?.length, 3);
  const waiting = assert.rejects(async () => await reader?.read(), /enough/);
  await forget();
  stop.abort(new Error("enough"));
  await within(10_000, "the end of the read", waiting);
  await server.left;
});

Deno.test("who leaves a body leaves the connection", async () => {
  await using server = quietServer();
  const { signal } = new AbortController();
  await endedBy(signal, await fetch(server.url, { signal })).body?.cancel();
  await server.left;
});

Deno.test("a body ends as it did, with its failure or without", async () => {
  const { signal } = new AbortController();
  assert.equal(await endedBy(signal, new Response("hello")).text(), "hello");
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new Error("broken")),
  });
  await assert.rejects(endedBy(signal, new Response(broken)).text(), /broken/);
  const over = AbortSignal.abort(new Error("before"));
  await assert.rejects(endedBy(over, new Response("hello")).text(), /before/);
});

Deno.test("without a signal or a body there is nothing to end", () => {
  const [empty, full] = [new Response(null), new Response("hello")];
  assert.equal(endedBy(new AbortController().signal, empty), empty);
  assert.equal(endedBy(null, full), full);
});

Deno.test("what is kept of a body takes no more room than it has octets", async () => {
  const { signal } = new AbortController();
  const few = new Uint8Array(65_536).fill(7).subarray(0, 3);
  const many = new Uint8Array(65_536).subarray(0, 60_000);
  const body = ReadableStream.from([few, many]);
  const reader = endedBy(signal, new Response(body)).body?.getReader();
  const [first, second] = [await reader?.read(), await reader?.read()];
  assert.deepEqual(first?.value, new Uint8Array([7, 7, 7]));
  assert.deepEqual([first?.value?.buffer.byteLength, second?.value?.length], [3, 60_000]);
  await reader?.cancel();
});
