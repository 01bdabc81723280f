import { deepEqual, equal, ok as holds } from "node:assert/strict";
import { defaultH1Limits as limits } from "../../lib/h1/mod.ts";
import { pieceBytes } from "../../lib/h1/limits.ts";
import type { H2Request } from "../../lib/h2/mod.ts";
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

const ok = () => Promise.resolve(said("ok"));
const tooSlow = "the client is too slow in asking";
const takesNothing = "the client takes nothing";

/** A handler that never answers, and what it was asked. */
function waiting() {
  const asked = Promise.withResolvers<H2Request>();
  const answer = Promise.withResolvers<ReturnType<typeof said>>();
  const handler = (request: H2Request) => {
    asked.resolve(request);
    return answer.promise;
  };
  return { handler, asked: asked.promise, answer };
}

Deno.test("a client that dribbles its head is cut off, however often it says something", async () => {
  const { client, clock, session, conn } = visit(ok);
  await client.say("GET /");
  for (let ms = 1000; ms < limits.headMs; ms += 1000) {
    await clock.advanceAsync(1000);
    await client.say("x");
  }
  await clock.advanceAsync(999);
  equal(conn.closed, false);
  await clock.advanceAsync(1);
  equal(await session.closed, tooSlow);
  equal(clock.pending, 0);
});

Deno.test("a client that is refused at the last moment may hear why all the same", async () => {
  const { client, clock, session, conn } = visit(ok);
  await client.say("GET /");
  await clock.advanceAsync(limits.headMs - 1);
  await client.say("\n");
  equal((await hear(client)).split("\r\n")[0], "HTTP/1.1 400 Bad Request");
  await clock.advanceAsync(limits.lingerMs - 1);
  equal(conn.closed, false);
  await clock.advanceAsync(1);
  equal(await session.closed, takesNothing);
});

Deno.test("a client that dribbles its body is cut off, and its handler hears of it", async () => {
  let failure: unknown;
  const { client, clock, session, conn, errors } = visit(async ({ body }) => {
    await textOf(body).catch((error) => failure = error);
    return said("ok");
  });
  await client.say(post("/", "x".repeat(100)).slice(0, -100));
  for (let ms = 1000; ms < limits.bodyMs; ms += 1000) {
    await clock.advanceAsync(1000);
    await client.say("x");
  }
  await clock.advanceAsync(999);
  equal(conn.closed, false);
  await clock.advanceAsync(1);
  equal(await session.closed, tooSlow);
  await clock.advanceAsync(0);
  equal(String(failure), "ConnectionOver: the connection broke while reading");
  deepEqual(errors, []);
});

Deno.test("a client that asks nothing more is let go after a while", async () => {
  const { client, clock, session, conn } = visit(ok);
  await client.say(get("/"));
  await hear(client, answered("ok").length);
  await clock.advanceAsync(limits.idleMs - 1);
  equal(conn.closed, false);
  await client.say(get("/"));
  await hear(client, answered("ok").length);
  await clock.advanceAsync(limits.idleMs - 1);
  equal(conn.closed, false);
  await clock.advanceAsync(1);
  equal(await session.closed, tooSlow);
});

Deno.test("a client that waits for its answer is not cut off", async () => {
  const { handler, asked, answer } = waiting();
  const { client, clock } = visit(handler);
  await client.say(post("/", "hi"));
  await textOf((await asked).body);
  await clock.advanceAsync(24 * 3_600_000);
  answer.resolve(said("ok"));
  equal(
    await hear(client, answered("ok").length - 37),
    answered("ok").replace(date, "date: Wed, 15 Nov 2023 22:13:20 GMT").slice(0, -37),
  );
  client.close();
});

Deno.test("a client that takes nothing is cut off, and the body is told", async () => {
  let returned = 0;
  async function* endless() {
    try {
      for (;;) yield await Promise.resolve(new Uint8Array(1000));
    } finally {
      returned++;
    }
  }
  const { client, clock, session, conn } = visit(
    () => Promise.resolve({ status: 200, headers: [], body: endless() }),
    { capacity: 5000 },
  );
  await client.say(get("/"));
  for (let turn = 0; turn < 20; turn++) await clock.advanceAsync(0);
  await clock.advanceAsync(limits.pieceMs - 1);
  equal(conn.closed, false);
  await clock.advanceAsync(1);
  equal(await session.closed, takesNothing);
  equal(returned, 1);
});

Deno.test("a client that takes an octet now and then is cut off as well", async () => {
  const { client, clock, session, conn } = visit(
    () => Promise.resolve(said("x".repeat(pieceBytes))),
    { capacity: 100 },
  );
  await client.say(get("/"));
  for (let ms = 1000; ms < limits.pieceMs; ms += 1000) {
    await clock.advanceAsync(1000);
    await hear(client, 10);
  }
  await clock.advanceAsync(999);
  equal(conn.closed, false);
  await clock.advanceAsync(1);
  equal(await session.closed, takesNothing);
});

Deno.test("a client that takes a piece in its time may take long for all", async () => {
  const { client, clock } = visit(() => Promise.resolve(said("x".repeat(4 * pieceBytes))), {
    capacity: 100,
  });
  await client.say(get("/"));
  let heard = (await hearUntil(client, "\r\n\r\n")).length - answered("", "").length;
  heard = 0;
  while (heard < 4 * pieceBytes) {
    await clock.advanceAsync(limits.pieceMs - 1);
    heard += (await hear(client, Math.min(pieceBytes, 4 * pieceBytes - heard))).length;
  }
  await clock.advanceAsync(limits.pieceMs + 1);
  await client.say(get("/"));
  await hearUntil(client, "\r\n\r\n");
  client.close();
});

Deno.test("a client that ends its side and is sent nothing has left", async () => {
  const { handler, asked } = waiting();
  const { client, clock, session, conn } = visit(handler);
  await client.say(get("/"));
  const { signal } = await asked;
  await client.closeWrite();
  await clock.advanceAsync(limits.lingerMs - 1);
  deepEqual([conn.closed, signal.aborted], [false, false]);
  await clock.advanceAsync(1);
  equal(await session.closed, takesNothing);
  equal(String(signal.reason), "ConnectionOver: the client takes nothing");
});

Deno.test("a client that ends its side is sent a stream as long as there is something to send", async () => {
  const next: (() => void)[] = [];
  async function* body() {
    for (const text of ["a", "b", "c"]) {
      await new Promise<void>((resolve) => next.push(resolve));
      yield* parts(text);
    }
  }
  const { client, clock } = visit(() =>
    Promise.resolve({ status: 200, headers: [], body: body() })
  );
  await client.say(get("/"));
  await client.closeWrite();
  await hearUntil(client, "\r\n\r\n");
  for (const text of ["a", "b", "c"]) {
    await clock.advanceAsync(limits.lingerMs - 1);
    next.pop()?.();
    equal(await hear(client, 6), `1\r\n${text}\r\n`);
  }
  equal(await hear(client), "0\r\n\r\n");
});

Deno.test("a client that has ended its side and takes its time is not cut off for that", async () => {
  const { client, clock, session, conn } = visit(() => Promise.resolve(said("x".repeat(500))), {
    capacity: 100,
  });
  await client.say(get("/"));
  for (let turn = 0; turn < 20; turn++) await clock.advanceAsync(0);
  await client.closeWrite();
  for (let turn = 0; turn < 20; turn++) await clock.advanceAsync(0);
  await clock.advanceAsync(limits.pieceMs - 1);
  equal(conn.closed, false);
  equal((await hear(client)).length, answered("x".repeat(500)).length);
  equal(await session.closed, "all is said");
});

Deno.test("a client that has ended its side is let go when a stream falls silent", async () => {
  async function* body() {
    yield* parts("a");
    await new Promise(() => {});
  }
  const { client, clock, session, conn } = visit(() =>
    Promise.resolve({ status: 200, headers: [], body: body() })
  );
  await client.say(get("/"));
  await client.closeWrite();
  await hearUntil(client, "a\r\n");
  await clock.advanceAsync(limits.lingerMs - 1);
  equal(conn.closed, false);
  await clock.advanceAsync(1);
  equal(await session.closed, takesNothing);
});

Deno.test("a client may ask ahead as much as fits while it waits, and is not read further", async () => {
  const { handler, asked, answer } = waiting();
  const { client, clock, conn } = visit(handler, { capacity: 1_000_000 });
  const many = get("/").repeat(1000);
  await client.say(get("/") + many);
  await asked;
  for (let turn = 0; turn < 20; turn++) await clock.advanceAsync(0);
  await clock.advanceAsync(24 * 3_600_000);
  equal(conn.closed, false);
  let left = 0;
  for (const buffer = new Uint8Array(65_536);;) {
    const read = await Promise.race([conn.read(buffer), Promise.resolve(0)]);
    if (!read) break;
    left += read;
  }
  holds(left >= many.length - 3 * limits.headBytes, `${left} of ${many.length} octets were left`);
  answer.resolve(said("ok"));
  client.close();
});

Deno.test("a body that its handler does not read is not read ahead, after other requests either", async () => {
  const { handler, asked, answer } = waiting();
  let requests = 0;
  const { client, clock, conn } = visit((request) => requests++ === 0 ? ok() : handler(request));
  let reads = 0;
  const { read } = conn;
  conn.read = (room) => {
    reads++;
    return read(room);
  };
  await client.say(get("/"));
  await hear(client, answered("ok").length);
  await client.say(post("/", "x".repeat(60_000)));
  await asked;
  const before = reads;
  for (let turn = 0; turn < 20; turn++) await clock.advanceAsync(0);
  equal(reads, before);
  answer.resolve(said("ok"));
  client.close();
});

Deno.test("an answer that comes before the body has been sent may take its time", async () => {
  const gate = Promise.withResolvers<void>();
  async function* body() {
    await gate.promise;
    yield* parts("a");
  }
  const { client, clock } = visit(() =>
    Promise.resolve({ status: 200, headers: [], body: body() })
  );
  await client.say(post("/", "hello").slice(0, -1));
  await hearUntil(client, "\r\n\r\n");
  await clock.advanceAsync(24 * 3_600_000);
  gate.resolve();
  equal(await hear(client), "1\r\na\r\n0\r\n\r\n");
  client.close();
});
