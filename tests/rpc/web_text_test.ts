import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { fromWebText, toWebText } from "../../lib/rpc/web_text.ts";
import { isWebText } from "../../lib/port/request_fields.ts";
import { memoryRequest } from "./support/memory_request.ts";

const octets = (length: number) => Uint8Array.from({ length }, (_, i) => i & 255);
const text = (parts: readonly Uint8Array[]) => parts.map((part) => new TextDecoder().decode(part));

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

Deno.test("base64 is told by the content type", () => {
  const table: [type: string, isText: boolean][] = [
    ["application/grpc-web-text", true],
    ["application/grpc-web-text+proto", true],
    ["Application/GRPC-Web-Text;x=y", true],
    ["application/grpc-web-textual", false],
    ["application/grpc-web", false],
    ["x application/grpc-web-text", false],
  ];
  for (const [type, isText] of table) assert.equal(isWebText(type), isText, type);
});

Deno.test("a request in base64 is the same one without, in all that it says", () => {
  const abort = new AbortController();
  const connection = {};
  const request = {
    ...memoryRequest({
      path: "/a",
      headers: [["content-type", "application/grpc-web-text+proto"], ["x", "grpc-web-text"]],
      signal: abort.signal,
      connection,
    }),
    ...{ authority: "host", peer: "192.0.2.1", scheme: "https" },
  };
  const plain = fromWebText(request);
  assert.deepEqual(plain.headers, [
    ["content-type", "application/grpc-web+proto"],
    ["x", "grpc-web-text"],
  ]);
  const { method, path, authority, peer, scheme } = plain;
  assert.deepEqual(
    { method, path, authority, peer, scheme },
    { method: "POST", path: "/a", authority: "host", peer: "192.0.2.1", scheme: "https" },
  );
  assert.equal(plain.connection, connection);
  assert.equal(plain.signal, abort.signal);
  assert.equal(plain.trailers, request.trailers);
});

Deno.test("what is no base64 is an invalid argument", async () => {
  for (const body of ["AAA", "AAAAA", "????", "A===", "AA=A"]) {
    const request = {
      ...memoryRequest({ path: "/" }),
      body: chunks(new TextEncoder().encode(body)),
    };
    await assert.rejects(Array.fromAsync(fromWebText(request).body), {
      code: Code.InvalidArgument,
      rawMessage: "the request is not base64",
    }, body);
  }
});

Deno.test("a request that breaks off says so in its own words", async () => {
  async function* body() {
    yield await Promise.resolve(new TextEncoder().encode("AAAA"));
    throw new RangeError("it broke off");
  }
  const request = { ...memoryRequest({ path: "/" }), body: body() };
  await assert.rejects(Array.fromAsync(fromWebText(request).body), RangeError);
});

Deno.test("an answer goes out in pieces of 64 KiB of text, padded at the ends of chunks alone", async () => {
  const parts = [octets(100_000), new Uint8Array(), octets(1)];
  const { status, headers, body } = toWebText({
    status: 299,
    headers: [["content-type", "application/grpc-web+proto"], ["x", "application/grpc-web"]],
    body: chunks(...parts),
  });
  assert.deepEqual([status, headers], [299, [
    ["content-type", "application/grpc-web-text+proto"],
    ["x", "application/grpc-web"],
  ]]);
  const pieces = text(await Array.fromAsync(body ?? assert.fail()));
  assert.deepEqual(pieces.map(({ length }) => length), [65_536, 65_536, 2264, 4]);
  assert.equal(pieces.slice(0, 3).join(""), octets(100_000).toBase64());
  assert.equal(pieces[3], "AA==");
});

Deno.test("who returns lets go of the answer, and one without a body has none", async () => {
  let returned = 0;
  const endless: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: octets(3) }),
      return: () => {
        returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const trailers = () => [["a", "b"]] as const;
  const { body, trailers: kept } = toWebText({ status: 200, headers: [], body: endless, trailers });
  assert.equal(kept, trailers);
  const read = body?.[Symbol.asyncIterator]() ?? assert.fail();
  assert.deepEqual(text([(await read.next()).value ?? octets(0)]), ["AAEC"]);
  assert.deepEqual(await read.return?.(), { done: true, value: undefined });
  assert.equal(returned, 1);
  assert.deepEqual(toWebText({ status: 200, headers: [] }), { status: 200, headers: [] });
  const simple = { next: () => Promise.resolve({ done: true, value: undefined } as const) };
  const plain = toWebText({
    ...{ status: 200, headers: [] },
    body: { [Symbol.asyncIterator]: () => simple },
  });
  const end = await plain.body?.[Symbol.asyncIterator]().return?.();
  assert.deepEqual(end, { done: true, value: undefined });
});
