import { deepEqual, equal, match, ok } from "node:assert/strict";
import * as limits from "../../lib/h1/limits.ts";
import { serveH1, sharedByAnswers } from "../../lib/h1/mod.ts";
import { chunkOf } from "../../lib/h1/answer.ts";
import { ErrorCode, H2AbortError } from "../../lib/h2/mod.ts";
import type { ByteConn, H2Response } from "../../lib/h2/mod.ts";
import { date, get, hear, hearUntil, parts, said, visit } from "./support.ts";

/** All that is heard of an answer to one request, after which the connection ends. */
async function heard(response: H2Response, request = get("/", "connection: close")) {
  const { client, errors, session } = visit(() => Promise.resolve(response));
  await client.say(request);
  const text = await hear(client);
  await client.closeWrite();
  return { text, errors, closed: await session.closed };
}

const close = "connection: close\r\n\r\n";

Deno.test("the end of a body is told by its length, or by chunks", async () => {
  const answers: [H2Response, string][] = [
    [said("hello"), `HTTP/1.1 200 OK\r\ncontent-length: 5\r\n${date}\r\n${close}hello`],
    [
      { status: 200, headers: [["x", "\xff"]], body: parts("ab", "", "c") },
      `HTTP/1.1 200 OK\r\nx: \ufffd\r\n${date}\r\ntransfer-encoding: chunked\r\n${close}` +
      "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
    ],
    [
      { status: 200, headers: [["content-length", "3"]], body: parts("", "ab", "", "c", "") },
      `HTTP/1.1 200 OK\r\ncontent-length: 3\r\n${date}\r\n${close}abc`,
    ],
    [
      { status: 200, headers: [["content-length", "0"]], body: parts() },
      `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${date}\r\n${close}`,
    ],
    [
      { status: 599, headers: [] },
      `HTTP/1.1 599 \r\ncontent-length: 0\r\n${date}\r\n${close}`,
    ],
    [
      { status: 404, headers: [["content-length", "0"]] },
      `HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n${date}\r\n${close}`,
    ],
    [{ status: 204, headers: [] }, `HTTP/1.1 204 No Content\r\n${date}\r\n${close}`],
    [
      { status: 304, headers: [["content-length", "9"]], body: parts("unseen") },
      `HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n${date}\r\n${close}`,
    ],
  ];
  for (const [response, text] of answers) {
    deepEqual(await heard(response), { text, errors: [], closed: "all is said" });
  }
});

Deno.test("octets that answers share are framed once in a row, others as they are each time", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const shared = sharedByAnswers(bytes("ab"));
  const chunk = chunkOf(shared);
  deepEqual(chunk, bytes("2\r\nab\r\n"));
  ok(chunkOf(shared) === chunk);
  const other = bytes("cd");
  deepEqual(chunkOf(other), bytes("2\r\ncd\r\n"));
  ok(chunkOf(shared) === chunk);
  other.set(bytes("xy"));
  deepEqual(chunkOf(other), bytes("2\r\nxy\r\n"));
  chunkOf(sharedByAnswers(bytes("ef")));
  deepEqual(chunkOf(shared), bytes("2\r\nab\r\n"));
});

Deno.test("the size of a chunk is said in hexadecimal digits", async () => {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const { text } = await heard({ status: 200, headers: [], body: parts(letters) });
  equal(text.slice(text.indexOf("\r\n\r\n") + 4), `1a\r\n${letters}\r\n0\r\n\r\n`);
});

Deno.test("what a body returns at its end is no part of it", async () => {
  async function* body(): AsyncGenerator<Uint8Array, Uint8Array> {
    yield* parts("a");
    return new TextEncoder().encode("unseen");
  }
  const { text } = await heard({ status: 200, headers: [], body: body() });
  equal(text.slice(text.indexOf("\r\n\r\n") + 4), "1\r\na\r\n0\r\n\r\n");
});

Deno.test("HEAD is answered with the head alone", async () => {
  const request = get("/", "connection: close").replace("GET", "HEAD");
  let returned = 0;
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error("nobody asks for it")),
      return: () => {
        returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const { text, errors } = await heard(
    { status: 200, headers: [["content-length", "5"]], body },
    request,
  );
  equal(text, `HTTP/1.1 200 OK\r\ncontent-length: 5\r\n${date}\r\n${close}`);
  deepEqual([errors, returned], [[], 1]);
});

Deno.test("what is about the connection is the server's to say", async () => {
  const headers = ["connection", "date", "keep-alive", "transfer-encoding", "upgrade"]
    .map((name) => [name, "x"] as const);
  const { text } = await heard({ status: 204, headers });
  equal(text, `HTTP/1.1 204 No Content\r\n${date}\r\n${close}`);
});

Deno.test("the head of a stream goes out before its first part is there", async () => {
  const gate = Promise.withResolvers<void>();
  async function* body() {
    await gate.promise;
    yield new TextEncoder().encode("late");
  }
  const { client, clock } = visit(() =>
    Promise.resolve({ status: 200, headers: [], body: body() })
  );
  await client.say(get("/"));
  match(await hearUntil(client, "\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\n/);
  await clock.advanceAsync(24 * 3_600_000);
  gate.resolve();
  equal(await hearUntil(client, "0\r\n\r\n"), "4\r\nlate\r\n0\r\n\r\n");
  client.close();
});

Deno.test("an answer in one piece is written in one piece", async () => {
  const { client, conn } = visit(() => Promise.resolve(said("hello")));
  let writes = 0;
  const { write } = conn;
  conn.write = (octets) => {
    writes++;
    return write(octets);
  };
  await client.say(get("/"));
  await hearUntil(client, "hello");
  equal(writes, 1);
  client.close();
});

Deno.test("a long piece is written as it is: many connections may share it", async () => {
  const { pieceBytes } = limits;
  for (const [length, shared] of [[pieceBytes, false], [pieceBytes + 1, true]] as const) {
    const piece = new Uint8Array(length).fill(120);
    for (const fields of [[], [["content-length", String(length)]]] as const) {
      const written: Uint8Array[] = [];
      const conn: ByteConn = {
        read: once(get("/", "connection: close")),
        write: (octets) => Promise.resolve(written.push(octets.slice()) && octets.length),
        close() {},
      };
      const buffers = new Set<ArrayBufferLike>();
      const write = conn.write.bind(conn);
      conn.write = (octets) => {
        buffers.add(octets.buffer);
        return write(octets);
      };
      const body = (async function* () {
        yield await Promise.resolve(piece);
      })();
      await serveH1(conn, () => Promise.resolve({ status: 200, headers: fields, body })).closed;
      equal(buffers.has(piece.buffer), shared, `${length} octets, ${fields.length} fields`);
      const text = new TextDecoder().decode(new Uint8Array(written.flatMap((each) => [...each])));
      const end = text.slice(text.indexOf("\r\n\r\n") + 4);
      const all = "x".repeat(length);
      const chunked = `${length.toString(16)}\r\n${all}\r\n0\r\n\r\n`;
      ok(end === (fields.length > 0 ? all : chunked));
    }
  }
});

/** What is read of a client that says one thing and then waits for the answer. */
function once(text: string): ByteConn["read"] {
  let octets: Uint8Array | undefined = new TextEncoder().encode(text);
  return (room) => {
    const { length = null } = octets ?? {};
    if (octets) room.set(octets);
    octets = undefined;
    return Promise.resolve(length);
  };
}

Deno.test("a handler that throws is told of, and the client gets a 500", async () => {
  for (
    const handler of [
      () => Promise.reject(new Error("no")),
      () => {
        throw new Error("no");
      },
    ]
  ) {
    const { client, errors } = visit(handler);
    await client.say(get("/") + get("/", "connection: close"));
    const internal = `HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n${date}\r\n`;
    equal(await hear(client), `${internal}\r\n${internal}${close}`);
    deepEqual(errors, [new Error("no"), new Error("no")]);
    client.close();
  }
});

/** A body that yields some and then throws. */
async function* broken(error: unknown): AsyncIterable<Uint8Array> {
  yield* parts("some");
  throw error;
}

Deno.test("a body that breaks off is told of, and ends the connection without its last chunk", async () => {
  const { text, errors, closed } = await heard({
    status: 200,
    headers: [],
    body: broken(new Error("no")),
  }, get("/"));
  equal(text.slice(text.indexOf("\r\n\r\n")), "\r\n\r\n4\r\nsome\r\n");
  deepEqual([errors, closed], [[new Error("no")], "the response broke off"]);
});

Deno.test("a handler that breaks off on purpose is not told of", async () => {
  const body = broken(new H2AbortError(ErrorCode.CANCEL, "enough"));
  const { errors, closed } = await heard({ status: 200, headers: [], body }, get("/"));
  deepEqual([errors, closed], [[], "the response broke off"]);
});

Deno.test("a response that would break out of its head is not sent", async () => {
  const bad: [H2Response, string][] = [
    [{ status: 199, headers: [] }, "response status is 199: must be between 200 and 599"],
    [{ status: 600, headers: [] }, "response status is 600: must be between 200 and 599"],
    [{ status: 200.5, headers: [] }, "response status is 200.5: must be between 200 and 599"],
    [{ status: 200, headers: [["x", "a\r\ny: b"]] }, 'response field "x" cannot be sent'],
    [{ status: 200, headers: [["x\r\ny", "a"]] }, 'response field "x\\r\\ny" cannot be sent'],
    [
      { status: 200, headers: [["content-length", "2"]], body: parts("abc") },
      "the response is not the 2 octets long that it says",
    ],
    [
      { status: 200, headers: [["content-length", "4"]], body: parts("abc") },
      "the response is not the 4 octets long that it says",
    ],
  ];
  for (const [response, message] of bad) {
    const { text, errors } = await heard(response, get("/") + get("/"));
    equal(text.includes("abc") && message.includes("2 octets"), false);
    deepEqual(errors, [new RangeError(message)]);
  }
});

Deno.test("the date is that of the answer", async () => {
  const { client, clock } = visit(() => Promise.resolve({ status: 204, headers: [] }));
  clock.advance(200_000);
  await client.say(get("/"));
  match(await hearUntil(client, "\r\n\r\n"), /\r\ndate: Tue, 14 Nov 2023 22:16:40 GMT\r\n/);
  client.close();
});
