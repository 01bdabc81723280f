import assert from "node:assert/strict";
import { ErrorCode, H2AbortError, type H2Handler, serveH2 } from "../../lib/h2/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { Driver } from "./support/driver.ts";
import { chunks, gate, ok } from "./support/handlers.ts";
import { PipeConn } from "./support/pipe.ts";
import {
  data,
  END_HEADERS,
  get,
  headers,
  join,
  ping,
  post,
  preface,
  rstStream,
  settings,
  settingsAck,
  text,
  types,
} from "./support/wire.ts";

const answer: H2Handler = () => Promise.resolve(ok);

/** A connection that tells how much is asked of it, and takes as much as it likes. */
class OddConn extends PipeConn {
  readonly asked: number[] = [];
  takes: (octets: number) => number = (octets) => octets;
  readError: unknown;
  onRead: () => void = () => {};

  override read(p: Uint8Array): Promise<number | null> {
    this.asked.push(p.length);
    this.onRead();
    if (this.readError !== undefined) return Promise.reject(this.readError);
    return super.read(p);
  }

  override async write(p: Uint8Array): Promise<number> {
    const count = this.takes(p.length);
    return count > 0 ? await super.write(p.subarray(0, count)) : count;
  }
}

function serve(conn: OddConn, handler: H2Handler = answer, readBufferBytes = 32_768) {
  conn.feed(preface, settings(), settingsAck);
  return serveH2(conn, handler, { clock: new FakeClock(), limits: { readBufferBytes } });
}

Deno.test("a transport that takes nothing ends the session, as one that fails does", async () => {
  const cases: [takes: () => number, reason: string][] = [
    [() => 0, "writing failed: the transport takes nothing"],
    [() => -1, "writing failed: the transport takes nothing"],
    [() => {
      throw new Error("broken pipe");
    }, "writing failed: broken pipe"],
  ];
  for (const [takes, reason] of cases) {
    const conn = new OddConn();
    conn.takes = takes;
    const { closed } = serve(conn);
    assert.deepEqual(await closed, { code: 0, reason });
    assert.equal(conn.closed, true);
  }
});

Deno.test("a transport that takes an octet at a time gets everything in order", async () => {
  const conn = new OddConn();
  conn.takes = () => 1;
  const { closed } = serve(conn, () => Promise.resolve({ ...ok, body: chunks("hello") }));
  conn.feed(headers(1, get), ping());
  const written = () => String.fromCharCode(...join(...conn.written));
  await conn.until(() => written().includes("hello") && written().includes("12345678"));
  conn.feed(null);
  await closed;
});

Deno.test("a transport that cannot be read ends the session with the reason", async () => {
  for (
    const [error, reason] of [[new Error("connection reset"), "connection reset"], ["odd", "odd"]]
  ) {
    const conn = new OddConn();
    conn.readError = error;
    assert.deepEqual(await serve(conn).closed, { code: 0, reason: `reading failed: ${reason}` });
    assert.equal(conn.closed, true);
  }
});

Deno.test("a busy peer is read in larger pieces, a quiet one in small ones again", async () => {
  const conn = new OddConn();
  const release = gate();
  const session = serve(conn, async (request) => {
    for await (const _ of request.body);
    await release.opened;
    return ok;
  });
  conn.feed(headers(1, post, END_HEADERS));
  const piece = data(1, new Uint8Array(8192 - 9));
  for (let n = 0; n < 8; n++) conn.feed(join(piece, piece));
  await conn.until(() => conn.asked.includes(32_768));
  conn.feed(data(1, "", 1), ping());
  // While a stream is open the buffer stays.
  await conn.until(() => conn.written.some((each) => each[3] === types.PING));
  assert.equal(conn.asked.at(-1), 32_768);
  assert.deepEqual(new Set(conn.asked), new Set([4096, 16_384, 32_768]));
  release.open();
  await conn.until(() => session.streams === 0);
  conn.feed(ping());
  await conn.until(() => conn.asked.at(-1) === 4096);
  conn.feed(null);
  await session.closed;
});

Deno.test("a limit on reading below 4 KiB is 4 KiB", async () => {
  const conn = new OddConn();
  const { closed } = serve(conn, answer, 100);
  conn.feed(headers(1, post, END_HEADERS), data(1, new Uint8Array(16_384)), ping());
  await conn.until(() => conn.written.some((each) => each[3] === types.PING));
  assert.deepEqual(new Set(conn.asked), new Set([4096]));
  conn.feed(null);
  await closed;
});

/** How a burst of 40 requests is started whose handlers take `ms` each: so many before each pause. */
async function burst(ms: number) {
  const conn = new OddConn();
  const clock = new FakeClock();
  const counts: number[] = [];
  const atRead: number[] = [];
  let started = 0;
  conn.onRead = () => atRead.push(started);
  const mayStart = () => {
    counts.push(started);
    return Promise.resolve();
  };
  const handler = () => {
    started++;
    clock.jump(ms);
    return Promise.resolve(ok);
  };
  conn.feed(preface, settings(), settingsAck);
  const session = serveH2(conn, handler, { mayStart, clock });
  conn.feed(join(...Array.from({ length: 40 }, (_, n) => headers(2 * n + 1, get))));
  await conn.until(() => atRead.length === 5);
  conn.feed(null);
  await session.closed;
  return { counts, atRead };
}

Deno.test("of a burst of requests 32 start at a time, and reading waits for all", async () => {
  // Preface, SETTINGS, their acknowledgement, the burst, and what may come then.
  assert.deepEqual(await burst(0), { counts: [32], atRead: [0, 0, 0, 0, 40] });
});

Deno.test("of a burst of requests that take long 8 start at a time", async () => {
  assert.deepEqual((await burst(0.2)).counts, [8, 16, 24, 32]);
  assert.deepEqual((await burst(0.1)).counts, [16, 32]);
});

Deno.test("a stream that is closed before its turn never costs a handler, and is over", async () => {
  const conn = new OddConn();
  const called: string[] = [];
  const over: string[] = [];
  conn.feed(preface, settings(), settingsAck);
  const session = serveH2(conn, ({ path }) => {
    called.push(path);
    return Promise.resolve(ok);
  }, { clock: new FakeClock(), onOver: ({ path }) => void over.push(path) });
  conn.feed(join(headers(1, get), rstStream(1), headers(3, get)));
  await conn.until(() => over.length === 2);
  assert.deepEqual([called.length, session.streams], [1, 0]);
  conn.feed(null);
  await session.closed;
});

Deno.test("what the socket has taken makes room, without a word from the peer", async () => {
  const part = "x".repeat(10_000);
  const driver = new Driver(
    () => Promise.resolve({ ...ok, body: chunks(...Array(6).fill(part)) }),
    { limits: { outputBytes: 1000 } },
  );
  driver.feed(headers(1, get));
  assert.equal((await driver.answer(1)).length, 60_000);
  await driver.hangUp();
});

Deno.test("what comes piece by piece within a turn goes out in one write", async () => {
  async function* hesitant(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < 10; n++) {
      for (let round = 0; round < 6; round++) await undefined;
      yield text("x");
    }
  }
  const driver = new Driver(() => Promise.resolve({ ...ok, body: hesitant() }));
  driver.feed(ping());
  await driver.frame(types.PING, 0);
  const before = driver.conn.written.length;
  driver.feed(headers(1, get));
  assert.equal(await driver.answer(1), "x".repeat(10));
  assert.equal(driver.conn.written.length - before, 1);
  await driver.hangUp();
});

Deno.test("what an event leads to comes after the events before it", async () => {
  const reasons: unknown[] = [];
  const entered = gate();
  const driver = new Driver((request) => {
    const { signal } = request;
    signal.addEventListener("abort", () => {
      reasons.push(signal.reason.message);
      driver.session.close();
    });
    if (request.method === "POST") entered.open();
    return new Promise(() => {});
  });
  driver.feed(headers(1, get), headers(3, post));
  await entered.opened;
  driver.feed(join(rstStream(1), rstStream(3)));
  await driver.frame(types.GOAWAY, 0);
  assert.deepEqual(reasons, ["the peer has reset the stream", "the peer has reset the stream"]);
  await driver.hangUp();
});

Deno.test("a session has one timer at most, however much it waits for", async () => {
  const driver = new Driver(() => new Promise(() => {}));
  assert.equal(driver.clock.pending, 1);
  await driver.frame(types.SETTINGS, 0);
  driver.feed(headers(1, get), headers(3, post, END_HEADERS), ping());
  await driver.frame(types.PING, 0);
  assert.equal(driver.clock.pending, 1);
  await driver.clock.advanceAsync(30_000);
  const pings = () => driver.frames().filter(({ type }) => type === types.PING).length;
  await driver.conn.until(() => pings() === 2);
  assert.equal(driver.clock.pending, 1);
  await driver.hangUp();
  assert.equal(driver.clock.pending, 0);
});

Deno.test("streams are counted while they are open", async () => {
  const release = gate();
  const driver = new Driver(async () => {
    await release.opened;
    return ok;
  });
  assert.equal(driver.session.streams, 0);
  driver.feed(headers(1, get), headers(3, get), ping());
  await driver.frame(types.PING, 0);
  assert.equal(driver.session.streams, 2);
  release.open();
  await driver.answer(3);
  assert.equal(driver.session.streams, 0);
  await driver.hangUp();
});

Deno.test("at the drain limit signals say that the server is shutting down, and keep to it", async () => {
  const aborted = Promise.withResolvers<AbortSignal>();
  const entered = gate();
  const driver = new Driver(({ signal }) => {
    signal.addEventListener("abort", () => aborted.resolve(signal));
    entered.open();
    return new Promise(() => {});
  });
  driver.feed(headers(1, get));
  await entered.opened;
  const down = driver.session.shutdown(5000);
  await driver.clock.advanceAsync(5000);
  const { reason } = await aborted.promise;
  await driver.clock.advanceAsync(7000);
  await down;
  assert.ok(reason instanceof H2AbortError);
  assert.deepEqual([reason.code, reason.message], [
    ErrorCode.CANCEL,
    "the server is shutting down",
  ]);
  assert.equal((await aborted.promise).reason, reason);
});

Deno.test("the end of the connection is the reason of every signal", async () => {
  const entered = gate();
  const signals: AbortSignal[] = [];
  const driver = new Driver(({ signal }) => {
    signals.push(signal);
    entered.open();
    return new Promise(() => {});
  });
  driver.feed(headers(1, get));
  await entered.opened;
  driver.feed(headers(2, get));
  await driver.frame(types.GOAWAY, 0);
  const reason = signals[0]?.reason;
  assert.ok(reason instanceof H2AbortError);
  assert.deepEqual([reason.code, reason.message], [
    ErrorCode.PROTOCOL_ERROR,
    "the connection is over: HEADERS on stream 2",
  ]);
  await driver.hangUp();
});

Deno.test("octets that were read before are acted on without any other", async () => {
  const conn = new PipeConn();
  const { closed } = serveH2(conn, () => Promise.resolve({ ...ok, body: chunks("early") }), {
    clock: new FakeClock(),
    prefix: join(preface, settings(), headers(1, get)),
  });
  await conn.until(() => String.fromCharCode(...join(...conn.written)).includes("early"));
  conn.feed(null);
  assert.deepEqual(await closed, { code: 0, reason: "the peer has closed the connection" });
});

Deno.test("writing ends when all is written, not before", async () => {
  const driver = new Driver(answer);
  await driver.frame(types.SETTINGS, 0);
  driver.conn.accepting = false;
  driver.feed(headers(1, get));
  await driver.conn.until(() => driver.conn.stuck);
  driver.session.close();
  await driver.clock.advanceAsync(0);
  assert.equal(driver.conn.halfClosed, false);
  driver.conn.accepting = true;
  await driver.frame(types.GOAWAY, 0);
  await driver.conn.until(() => driver.conn.halfClosed);
  await driver.hangUp();
});

Deno.test("a closed session is read for a moment more, so that GOAWAY arrives", async () => {
  const driver = new Driver(answer);
  driver.session.close();
  await driver.conn.until(() => driver.conn.halfClosed);
  driver.feed(text("whatever"));
  await driver.clock.advanceAsync(999);
  assert.equal(driver.conn.closed, false);
  await driver.clock.advanceAsync(1);
  assert.equal(driver.conn.closed, true);
  assert.deepEqual(await driver.session.closed, { code: 0, reason: "closed" });
});
