import { deepEqual, equal } from "node:assert/strict";
import { defaultH1Limits as limits, serveH1 } from "../../lib/h1/mod.ts";
import { pieceBytes } from "../../lib/h1/limits.ts";
import type { ByteConn, H2Request, H2Response } from "../../lib/h2/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { settle } from "../support/until.ts";
import { answered, get, hear, hearUntil, parts, said, visit } from "./support.ts";

const ok = () => Promise.resolve(said("ok"));
const takesNothing = "the client takes nothing";

/** A handler that never answers, and what it was asked. */
function waiting() {
  const asked = Promise.withResolvers<H2Request>();
  const answer = Promise.withResolvers<H2Response>();
  const handler = (request: H2Request) => {
    asked.resolve(request);
    return answer.promise;
  };
  return { handler, asked: asked.promise, answer };
}

Deno.test("a connection that breaks while a part is written ends the wait for the next", async () => {
  const reading = Promise.withResolvers<number | null>();
  const writing = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  let asked = new TextEncoder().encode(get("/"));
  const conn: ByteConn = {
    read(room) {
      if (asked.length === 0) return reading.promise;
      room.set(asked);
      const { length } = asked;
      asked = new Uint8Array();
      return Promise.resolve(length);
    },
    async write(octets) {
      writing.resolve();
      await written.promise;
      return octets.length;
    },
    close: () => {},
  };
  async function* body() {
    await new Promise(() => {});
    yield* parts("never");
  }
  const session = serveH1(conn, () => Promise.resolve({ status: 200, headers: [], body: body() }), {
    clock: new FakeClock(),
  });
  await writing.promise;
  reading.reject(new Deno.errors.ConnectionReset("reset by peer"));
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  written.resolve();
  equal(await session.closed, "the connection broke while reading");
});

Deno.test("a client that is reset within its body is no defect of whoever was reading it", async () => {
  const { promise, reject } = Promise.withResolvers<number>();
  const head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n";
  let asked: Uint8Array | undefined = new TextEncoder().encode(head);
  const conn: ByteConn = {
    read(room) {
      if (!asked) return promise;
      room.set(asked);
      const { length } = asked;
      asked = undefined;
      return Promise.resolve(length);
    },
    write: ({ length }) => Promise.resolve(length),
    close: () => {},
  };
  const errors: unknown[] = [];
  const session = serveH1(conn, async ({ body }) => {
    const first = body[Symbol.asyncIterator]().next();
    reject(new Deno.errors.ConnectionReset("reset by peer"));
    await first;
    return said("never");
  }, { clock: new FakeClock(), onError: (error) => void errors.push(error) });
  equal(await session.closed, "the connection broke while reading");
  deepEqual(errors, []);
});

Deno.test("a client that vanishes aborts its request, also one that is not looked at yet", async () => {
  const { handler, asked } = waiting();
  const { client, session, conn, errors } = visit(handler);
  await client.say(get("/"));
  const request = await asked;
  conn.close();
  equal(await session.closed, "the connection broke while reading");
  equal(request.signal.aborted, true);
  deepEqual(errors, []);
  client.close();
});

Deno.test("an answer that comes too late is given back", async () => {
  const { handler, asked, answer } = waiting();
  const { client, session, errors } = visit(handler);
  await client.say(get("/"));
  await asked;
  session.close();
  equal(await session.closed, "the server has closed it");
  const returned = Promise.withResolvers<void>();
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error("nobody asks for it")),
      return: () => {
        returned.resolve();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  answer.resolve({ ...said(""), body });
  await returned.promise;
  deepEqual(errors, []);
  client.close();
});

Deno.test("a handler that fails because its client left is not told of", async () => {
  const { client, session, conn, errors, clock } = visit(async ({ signal }) => {
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return said("");
  });
  await client.say(get("/"));
  await clock.advanceAsync(0);
  conn.close();
  await session.closed;
  await clock.advanceAsync(0);
  deepEqual(errors, []);
  client.close();
});

Deno.test("a body that fails to be given back is told of", async () => {
  for (
    const fail of [
      () => Promise.reject(new Error("stuck")),
      () => {
        throw new Error("stuck");
      },
    ]
  ) {
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: fail }),
    };
    const { client, session, errors, clock } = visit(() =>
      Promise.resolve({ status: 200, headers: [], body })
    );
    await client.say(get("/"));
    await hearUntil(client, "\r\n\r\n");
    session.close();
    equal(await session.closed, "the server has closed it");
    await clock.advanceAsync(0);
    deepEqual(errors, [new Error("stuck")]);
    client.close();
  }
});

Deno.test("draining ends an idle connection at once, and one that has only begun to ask", async () => {
  for (const text of ["", "GET / HT"]) {
    const { client, session, clock } = visit(ok);
    await client.say(get("/") + text);
    await hear(client, answered("ok").length);
    await clock.advanceAsync(0);
    session.drain();
    equal(await session.closed, "the server is shutting down");
    equal(await hear(client), "");
  }
});

Deno.test("draining waits for the answer under way, and for no other", async () => {
  const { handler, asked, answer } = waiting();
  const { client, session } = visit(handler);
  await client.say(get("/") + get("/2"));
  await asked;
  session.drain();
  answer.resolve(said("ok"));
  equal(await hear(client), answered("ok", "connection: close"));
  await client.closeWrite();
  equal(await session.closed, "all is said");
});

Deno.test("draining during a stream ends the connection with it", async () => {
  const gate = Promise.withResolvers<void>();
  async function* body() {
    yield* parts("a");
    await gate.promise;
  }
  const { client, session } = visit(() =>
    Promise.resolve({ status: 200, headers: [], body: body() })
  );
  await client.say(get("/"));
  await hearUntil(client, "a\r\n");
  session.drain();
  gate.resolve();
  equal(await hear(client), "0\r\n\r\n");
  await client.closeWrite();
  equal(await session.closed, "all is said");
});

Deno.test("after its last word the server hears the client out, for a moment", async () => {
  const { client, clock, session, conn } = visit(ok);
  await client.say(get("/", "connection: close"));
  equal(await hear(client), answered("ok", "connection: close"));
  await client.say("more that nobody wants".repeat(1000));
  await clock.advanceAsync(limits.lingerMs - 1);
  equal(conn.closed, false);
  await clock.advanceAsync(1);
  equal(await session.closed, takesNothing);
  equal(clock.pending, 0);
});

Deno.test("a connection that can only be closed both ways ends the same", async () => {
  for (const closeWrite of [undefined, () => Promise.reject(new Error("not connected"))]) {
    const { client, conn, clock } = visit(() => Promise.reject(new Error("this one is unused")));
    client.close();
    const heard: Uint8Array[] = [];
    let asked = new TextEncoder().encode(get("/", "connection: close"));
    const other: ByteConn = {
      read(room) {
        room.set(asked);
        const { length } = asked;
        asked = new Uint8Array();
        return Promise.resolve(length === 0 ? null : length);
      },
      write(octets) {
        heard.push(octets);
        return Promise.resolve(octets.length);
      },
      close: () => {},
      ...closeWrite && { closeWrite },
    };
    const session = serveH1(other, ok, { clock: new FakeClock() });
    equal(
      await session.closed,
      closeWrite ? "the connection broke before its end" : "all is said",
    );
    equal(heard.length, 1);
    equal(conn.closed || clock.pending === 0, true);
  }
});

Deno.test("a connection that takes nothing at all is given up", async () => {
  const conn: ByteConn = {
    read(room) {
      room.set(new TextEncoder().encode(get("/")));
      return Promise.resolve(get("/").length);
    },
    write: () => Promise.resolve(0),
    close: () => {},
  };
  const session = serveH1(conn, ok, { clock: new FakeClock() });
  equal(await session.closed, "the connection takes nothing");
});

Deno.test("the limits are those that are documented", () => {
  deepEqual(limits, {
    headBytes: 16_384,
    trailerBytes: 4096,
    headMs: 10_000,
    bodyMs: 30_000,
    idleMs: 300_000,
    pieceMs: 30_000,
    lingerMs: 2000,
  });
  equal(pieceBytes, 65_536);
});

Deno.test("a request that has to make room ends its connection, and its handler hears of it", async () => {
  const { handler, asked } = waiting();
  const { client, session } = visit(handler);
  await client.write(new TextEncoder().encode(get("/")));
  const request = await asked;
  request.cancel?.("others have fewer");
  equal(await session.closed, "others have fewer");
  equal(request.signal.aborted, true);
  client.close();
});

Deno.test("who answers hears that all of it has left, or that it never will", async () => {
  const told: string[] = [];
  const answering = (name: string) => () =>
    Promise.resolve({
      ...said(name),
      sent: (isWhole: boolean) => void told.push(`${name} ${isWhole}`),
    });
  const taking = visit(answering("taken"));
  await taking.client.say(get("/"));
  await hearUntil(taking.client, "taken");
  await settle();
  const leaving = visit(answering("left"), { capacity: 8 });
  await leaving.client.say(get("/", "connection: close"));
  await hear(leaving.client, 8);
  deepEqual(told, ["taken true"]);
  leaving.client.close();
  await leaving.session.closed;
  const { handler, asked, answer } = waiting();
  const late = visit(handler);
  await late.client.say(get("/"));
  await asked;
  late.session.close();
  await late.session.closed;
  answer.resolve({ ...said("late"), sent: (isWhole) => void told.push(`late ${isWhole}`) });
  await settle();
  deepEqual(told, ["taken true", "left false", "late false"]);
  taking.session.close();
  await taking.session.closed;
});
