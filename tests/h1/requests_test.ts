import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { BadRequest } from "../../lib/h1/mod.ts";
import type { H2Handler, H2Request } from "../../lib/h2/mod.ts";
import { settle } from "../support/until.ts";
import {
  answered,
  date,
  get,
  hear,
  hearUntil,
  parts,
  post,
  said,
  textOf,
  visit,
} from "./support.ts";

/** Says which request it was, with its body. */
const echo = async ({ method, path, body }: H2Request) => {
  return said(`${method} ${path} ${await textOf(body)}`);
};

Deno.test("a handler sees all of a request", async () => {
  let seen: H2Request | undefined;
  const { client, session } = visit(async (request) => {
    seen = request;
    deepEqual(request.trailers(), []);
    equal(await textOf(request.body), "hi");
    deepEqual(request.trailers(), [["x-sum", "1"]]);
    equal(request.signal.aborted, false);
    return said("ok");
  }, { peer: "192.0.2.1", scheme: "https" });
  await client.say("POST /x?y HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n");
  await client.say("X-One: 1\r\n\r\n2\r\nhi\r\n0\r\nx-sum: 1\r\n\r\n");
  equal(await hear(client, answered("ok").length), answered("ok"));
  deepEqual([seen?.method, seen?.scheme, seen?.authority, seen?.path, seen?.peer], [
    "POST",
    "https",
    "a:1",
    "/x?y",
    "192.0.2.1",
  ]);
  deepEqual(seen?.headers, [["host", "a:1"], ["x-one", "1"]]);
  await client.closeWrite();
  equal(await session.closed, "all is said");
});

Deno.test("without options a client is unknown and in the clear", async () => {
  const { client } = visit(({ peer, scheme }) => Promise.resolve(said(`${scheme} ${peer}`)));
  await client.say(get("/"));
  equal(await hear(client, answered("http unknown").length), answered("http unknown"));
  client.close();
});

Deno.test("requests follow one another, also in one piece and one octet at a time", async () => {
  const requests = get("/1") + post("/2", "hello") + "\r\n" + get("/3") +
    "POST /4 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
    get("/5");
  const answers = ["GET /1 ", "POST /2 hello", "GET /3 ", "POST /4 abc", "GET /5 "]
    .map((text) => answered(text)).join("");
  for (const step of [requests.length, 1, 7]) {
    const { client, session, errors } = visit(echo);
    void (async () => {
      for (let at = 0; at < requests.length; at += step) {
        await client.say(requests.slice(at, at + step));
      }
    })();
    equal(await hear(client, answers.length), answers);
    await client.closeWrite();
    equal(await hear(client), "");
    equal(await session.closed, "all is said");
    deepEqual(errors, []);
  }
});

Deno.test("what was read to tell the protocols apart belongs to the first request", async () => {
  const { client } = visit(echo, { prefix: new TextEncoder().encode("GET /x HT") });
  await client.say("TP/1.1\r\nhost: a\r\n\r\n");
  equal(await hear(client, answered("GET /x ").length), answered("GET /x "));
  client.close();
});

Deno.test("a client that ends its side after its requests is answered", async () => {
  const { client, session, clock } = visit(echo);
  await client.say(get("/1") + get("/2"));
  await client.closeWrite();
  equal(await hear(client), answered("GET /1 ") + answered("GET /2 "));
  equal(await session.closed, "all is said");
  equal(clock.pending, 0);
});

Deno.test("the connection ends when either side wants it so", async () => {
  const close = "connection: close";
  const { client, session } = visit(echo);
  await client.say(get("/1", close) + get("/2"));
  equal(await hear(client), answered("GET /1 ", close));
  await client.closeWrite();
  equal(await session.closed, "all is said");
});

Deno.test("HTTP/1.0 gets its body without chunks, up to the end", async () => {
  const { client } = visit(() =>
    Promise.resolve({ status: 200, headers: [], body: parts("a", "b") })
  );
  await client.say("GET / HTTP/1.0\r\n\r\n");
  equal(await hear(client), `HTTP/1.1 200 OK\r\n${date}\r\nconnection: close\r\n\r\nab`);
  client.close();
});

Deno.test("a client that expects to be told gets its 100 when the body is wanted", async () => {
  const { client } = visit(echo);
  const head = post("/", "hi", "expect: 100-continue").slice(0, -2);
  await client.say(head);
  equal(await hearUntil(client, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  await client.say("h");
  await client.say("i");
  equal(await hear(client, answered("POST / hi").length), answered("POST / hi"));
  await client.say(post("/", "yo", "expect: 100-continue"));
  equal(await hear(client, answered("POST / yo").length), answered("POST / yo"));
  client.close();
});

Deno.test("a body that nobody wants is not asked for, and the connection ends", async () => {
  const { client } = visit(() => Promise.resolve(said("no")));
  await client.say(post("/", "hi", "expect: 100-continue").slice(0, -2));
  equal(await hear(client), answered("no", "connection: close"));
  client.close();
});

Deno.test("a handler that answers without reading a body that is there keeps the connection", async () => {
  const { client } = visit(() => Promise.resolve(said("no")));
  await client.say(post("/", "hello") + get("/"));
  equal(await hear(client, 2 * answered("no").length), answered("no") + answered("no"));
  client.close();
});

Deno.test("a handler may read part of a body, and none of it after its answer", async () => {
  let body: AsyncIterator<Uint8Array> | undefined;
  const { client } = visit(async (request) => {
    body = request.body[Symbol.asyncIterator]();
    const { value } = await body.next();
    return said(new TextDecoder().decode(value));
  });
  await client.say(post("/", "hello, world").slice(0, -7));
  equal(await hear(client), answered("hello", "connection: close"));
  deepEqual(await body?.next(), { done: true, value: undefined });
  client.close();
});

Deno.test("what is left of a body that its reader leaves is not read any more", async () => {
  const { client } = visit(async ({ body }) => {
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    const { done } = await iterator.next();
    return said(`done ${done}`);
  });
  await client.say(post("/", "hello").slice(0, -4));
  equal(await hear(client), answered("done true", "connection: close"));
  client.close();
});

Deno.test("a malformed body stays malformed", async () => {
  const failures: string[] = [];
  const { client } = visit(async ({ body }) => {
    const iterator = body[Symbol.asyncIterator]();
    const failed = (error: unknown) => void failures.push(String(error));
    await iterator.next().catch(failed);
    await iterator.next().catch(failed);
    return said("fine");
  });
  await client.say(
    "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nz\r\n0\r\n\r\n",
  );
  equal((await hear(client)).endsWith("the size of a chunk is malformed\n"), true);
  deepEqual(failures, Array(2).fill("BadRequest: the size of a chunk is malformed"));
  client.close();
});

Deno.test("trailers are there when all of them are", async () => {
  let request: H2Request | undefined;
  const { client, clock } = visit(async (each) => {
    request = each;
    await textOf(each.body);
    return said("ok");
  });
  await client.say("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: y\r\n");
  await clock.advanceAsync(0);
  deepEqual(request?.trailers(), []);
  for (const octet of "\r\n") {
    await client.say(octet);
    await clock.advanceAsync(0);
  }
  await hear(client, answered("ok").length);
  deepEqual(request?.trailers(), [["x", "y"]]);
  client.close();
});

Deno.test("a request has one signal", async () => {
  const { client } = visit((request) => {
    const { signal } = request;
    return Promise.resolve(said(`${request.signal === signal}`));
  });
  await client.say(get("/"));
  equal(await hear(client, answered("true").length), answered("true"));
  client.close();
});

Deno.test("a line end too many may come in pieces, and another octet may not", async () => {
  const { client, clock } = visit(echo);
  for (const piece of ["\r", "\n\r", "\n", get("/").slice(0, 1), get("/").slice(1)]) {
    await client.say(piece);
    await clock.advanceAsync(0);
  }
  equal(await hear(client, answered("GET / ").length), answered("GET / "));
  await client.say("\r" + get("/"));
  equal((await hear(client)).endsWith("this is not HTTP\n"), true);
  client.close();
});

Deno.test("a body has one reader at a time", async () => {
  const { client } = visit(async ({ body }) => {
    const iterator = body[Symbol.asyncIterator]();
    const first = iterator.next();
    await rejects(iterator.next(), /a body has one reader at a time/);
    await first;
    return said("ok");
  });
  await client.say(post("/", "hi").slice(0, -2));
  await client.say("hi");
  equal(await hear(client, answered("ok").length), answered("ok"));
  client.close();
});

Deno.test("the chunks of a body are the reader's to keep", async () => {
  const { client } = visit(async ({ body }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return said(chunks.map((chunk) => new TextDecoder().decode(chunk)).join("|"));
  });
  await client.say(post("/", "abcdef").slice(0, -6));
  for (const text of ["abc", "def"]) {
    await client.say(text);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  equal(await hear(client, answered("abc|def").length), answered("abc|def"));
  client.close();
});

/** What a client says, and what it is told; then the connection ends. */
const malformed: [said: string, status: string, message: string][] = [
  ["GET / HTTP/1.1\r\n\r\n", "400 Bad Request", "a request has one Host field"],
  ["GET / HTTP/1.1\nhost: a\n\n", "400 Bad Request", "a line ends without CR"],
  ["GET / HTTP/1.1\r\nhost: a\n\r\n", "400 Bad Request", "a line ends without CR"],
  ["GET / HTTP/1.1\r\nhost: a\r\n\n", "400 Bad Request", "a line ends without CR"],
  ["\x16\x03\x01", "400 Bad Request", "this is not HTTP"],
  ["\0", "400 Bad Request", "this is not HTTP"],
  [
    "GET / HTTP/2.0\r\n\r\n",
    "505 HTTP Version Not Supported",
    "this is neither HTTP/1.1 nor the HTTP/2 preface",
  ],
  [`GET /${"x".repeat(16_379)}`, "414 URI Too Long", "the request line is too long"],
  [
    `GET / HTTP/1.1\r\nx: ${"y".repeat(16_365)}`,
    "431 Request Header Fields Too Large",
    "the fields are too long",
  ],
  [
    post("/", "x", "expect: y"),
    "417 Expectation Failed",
    "100-continue is the only expectation here",
  ],
  [
    post("/", "x").replace("content-length: 1", "transfer-encoding: gzip"),
    "501 Not Implemented",
    "chunked is the only transfer coding here",
  ],
  [
    post("/", "5\r\nhello\r\nz\r\n").replace(/content-length: \d+/, "transfer-encoding: chunked"),
    "400 Bad Request",
    "the size of a chunk is malformed",
  ],
  [
    post("/", `0\r\nx: ${"y".repeat(4096)}\r\n\r\n`)
      .replace(/content-length: \d+/, "transfer-encoding: chunked"),
    "400 Bad Request",
    "a line is too long",
  ],
];

Deno.test("a malformed request is answered once, and the connection ends", async () => {
  for (const [text, status, message] of malformed) {
    const { client, errors, session } = visit(echo);
    await client.say(get("/1") + text);
    await client.say(get("/smuggled"));
    await client.closeWrite();
    const heard = await hear(client);
    equal(
      heard,
      answered("GET /1 ") +
        `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
        `content-length: ${message.length + 1}\r\n${date}\r\nconnection: close\r\n\r\n${message}\n`,
      JSON.stringify(text.slice(0, 60)),
    );
    equal(await session.closed, "all is said");
    deepEqual(errors, []);
  }
});

Deno.test("a body that ends early is refused, unless the handler has an answer to that", async () => {
  const why = "the request ended before its body did";
  const tells = async ({ body }: H2Request) => {
    try {
      return said(`all of ${(await Array.fromAsync(body)).length} pieces`);
    } catch (error) {
      return said(error instanceof BadRequest ? `sorry: ${error.message}` : "what?");
    }
  };
  const handlers: [H2Handler, heard: RegExp | string][] = [
    [echo, new RegExp(`^HTTP/1.1 400 [^]*\r\n\r\n${why}\n$`)],
    [() => Promise.resolve(said("fine")), answered("fine", "connection: close")],
    [tells, answered(`sorry: ${why}`, "connection: close")],
  ];
  for (const [handler, expected] of handlers) {
    const { client, errors } = visit(handler);
    await client.say(post("/", "hello").slice(0, -1));
    await client.closeWrite();
    const heard = await hear(client);
    if (typeof expected === "string") equal(heard, expected);
    else match(heard, expected);
    deepEqual(errors, []);
  }
});

Deno.test("a malformed body that the handler did not wait for is answered as such", async () => {
  const { client } = visit(() => Promise.resolve(said("fine")));
  await client.say("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nz\r\n");
  equal((await hear(client)).endsWith("the size of a chunk is malformed\n"), true);
  client.close();
});

Deno.test("a request line and fields may be as long as they may be", async () => {
  const room = 16_384 - get("/", "x: ").length;
  const { client } = visit(echo);
  await client.say(get("/", `x: ${"y".repeat(room)}`));
  equal(await hear(client, answered("GET / ").length), answered("GET / "));
  client.close();
  const other = visit(echo, { limits: { headBytes: 5000 } });
  await other.client.say(get(`/${"x".repeat(5000)}`));
  equal((await hear(other.client)).startsWith("HTTP/1.1 414 "), true);
  other.client.close();
});

Deno.test("a client that leaves in the middle of a head gets no answer", async () => {
  for (const text of ["", "G", get("/").slice(0, -1), "\r\n"]) {
    const { client, session } = visit(echo);
    await client.say(text);
    await client.closeWrite();
    equal(await hear(client), "", JSON.stringify(text));
    equal(await session.closed, "all is said");
  }
});

Deno.test("requests that come in one piece wait for their turn, those that come later do not", async () => {
  let begun = 0;
  let asked = Promise.withResolvers<() => void>();
  const mayContinue = () => new Promise<void>((resolve) => asked.resolve(resolve));
  const { client } = visit(() => {
    begun++;
    return Promise.resolve(said("ok"));
  }, { mayContinue });
  await client.say(get("/1") + get("/2") + get("/3"));
  for (const number of [1, 2]) {
    await hear(client, answered("ok").length);
    const goOn = await asked.promise;
    equal(begun, number);
    asked = Promise.withResolvers();
    goOn();
  }
  await hear(client, answered("ok").length);
  await settle(2);
  // Nobody lets this one go on.
  await client.say(get("/4"));
  await hear(client, answered("ok").length);
  equal(begun, 4);
  client.close();
});
