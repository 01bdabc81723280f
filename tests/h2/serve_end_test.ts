import assert from "node:assert/strict";
import { ErrorCode, H2AbortError } from "../../lib/h2/mod.ts";
import { settle } from "../support/until.ts";
import { Driver } from "./support/driver.ts";
import { chunks, gate, ok, readAll } from "./support/handlers.ts";
import {
  data,
  END_HEADERS,
  END_STREAM,
  get,
  headers,
  ping,
  post,
  rstStream,
  text,
  types,
} from "./support/wire.ts";

Deno.test("RST_STREAM aborts the signal, breaks the body off and stops the producer", async () => {
  const began = gate();
  const stopped = gate();
  let read: Promise<string> | undefined;
  let signal: AbortSignal | undefined;
  const driver = new Driver((request) => {
    read = readAll(request.body);
    read.catch(() => {});
    signal = request.signal;
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          began.open();
          return new Promise<IteratorResult<Uint8Array>>(() => {});
        },
        return: () => {
          stopped.open();
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    };
    return Promise.resolve({ ...ok, body });
  });
  driver.feed(headers(1, post, END_HEADERS));
  await began.opened;
  driver.feed(rstStream(1, ErrorCode.CANCEL));
  await stopped.opened;
  assert.equal(signal?.aborted, true);
  assert.ok(signal.reason instanceof H2AbortError);
  assert.equal(signal.reason.code, ErrorCode.CANCEL);
  await assert.rejects(read ?? Promise.resolve(), H2AbortError);
  await driver.hangUp();
});

Deno.test("a producer that fails when it is stopped is told of, and harms nobody", async () => {
  const failures: [reason: string, fail: () => Promise<never>][] = [
    ["later", () => Promise.reject(new Error("later"))],
    ["at once", () => {
      throw new Error("at once");
    }],
  ];
  for (const [reason, fail] of failures) {
    const began = gate();
    const errors: unknown[] = [];
    const driver = new Driver(() => {
      const next = () => {
        began.open();
        return new Promise<never>(() => {});
      };
      return Promise.resolve({
        ...ok,
        body: { [Symbol.asyncIterator]: () => ({ next, return: fail }) },
      });
    }, { onError: (error, { path }) => errors.push(`${error} of ${path}`) });
    driver.feed(headers(1, get));
    await began.opened;
    driver.feed(rstStream(1), ping());
    await driver.frame(types.PING, 0);
    assert.deepEqual(errors, [`Error: ${reason} of /`]);
    await driver.hangUp();
  }
});

Deno.test("a signal asked for only after the end is aborted already", async () => {
  const release = gate();
  const asked = Promise.withResolvers<AbortSignal>();
  const driver = new Driver(async (request) => {
    await release.opened;
    asked.resolve(request.signal);
    return ok;
  });
  driver.feed(headers(1, get));
  await driver.frame(types.SETTINGS, 0);
  await driver.hangUp();
  release.open();
  assert.equal((await asked.promise).aborted, true);
});

Deno.test("the end of the connection ends everything", async () => {
  const signals: AbortSignal[] = [];
  const entered = gate();
  const driver = new Driver((request) => {
    signals.push(request.signal);
    if (signals.length === 3) entered.open();
    return new Promise(() => {});
  });
  driver.feed(headers(1, get), headers(3, post, END_HEADERS), headers(5, get));
  await entered.opened;
  driver.conn.feed(null);
  const end = await driver.session.closed;
  assert.deepEqual(end, { code: 0, reason: "the peer has closed the connection" });
  assert.deepEqual(signals.map((signal) => signal.aborted), [true, true, true]);
  assert.equal(driver.conn.closed, true);
  assert.equal(driver.clock.pending, 0);
});

Deno.test("shutdown lets requests end, refuses new ones and closes", async () => {
  const release = gate();
  const entered = gate();
  const driver = new Driver(async () => {
    entered.open();
    await release.opened;
    return { ...ok, body: chunks("done") };
  });
  driver.feed(headers(1, get));
  await entered.opened;
  const down = driver.session.shutdown(60_000);
  await driver.frame(types.GOAWAY, 0);
  driver.feed(ping(text("shutdown"), 1));
  release.open();
  assert.equal(await driver.answer(1), "done");
  await driver.conn.until(() => driver.conn.halfClosed);
  driver.conn.feed(null);
  await down;
  assert.equal(driver.conn.closed, true);
});

Deno.test("at shutdown's drain limit signals abort and a last word still goes out", async () => {
  const entered = gate();
  const driver = new Driver(async (request) => {
    entered.open();
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    return { ...ok, trailers: () => [["grpc-status", "14"]] };
  });
  driver.feed(headers(1, get));
  await entered.opened;
  const down = driver.session.shutdown(5000);
  await driver.clock.advanceAsync(5000);
  assert.equal(await driver.answer(1), "");
  await driver.conn.until(() => driver.conn.halfClosed);
  // The peer does not close: the server does not wait for long.
  await driver.clock.advanceAsync(1000);
  await down;
  assert.equal(driver.conn.closed, true);
});

Deno.test("handlers that ignore shutdown do not keep the connection open", async () => {
  const entered = gate();
  const driver = new Driver(() => {
    entered.open();
    return new Promise(() => {});
  });
  driver.feed(headers(1, get));
  await entered.opened;
  const down = driver.session.shutdown(5000);
  await driver.clock.advanceAsync(7000);
  await down;
  assert.equal(driver.conn.closed, true);
  assert.equal(driver.clock.pending, 0);
});

Deno.test("a peer that stops reading is cut off while a write is pending", async () => {
  const driver = new Driver(() => Promise.resolve({ ...ok, body: chunks("x".repeat(100_000)) }));
  await driver.frame(types.SETTINGS, 0);
  driver.conn.accepting = false;
  driver.feed(headers(1, get));
  await driver.conn.until(() => driver.conn.stuck);
  await driver.clock.advanceAsync(31_000);
  assert.equal((await driver.session.closed).reason, "the peer does not read");
  assert.equal(driver.conn.closed, true);
});

Deno.test("an error of the peer's is answered with GOAWAY, then the connection is closed", async () => {
  const driver = new Driver(() => Promise.resolve(ok));
  driver.feed(headers(2, get));
  await driver.frame(types.GOAWAY, 0);
  await driver.conn.until(() => driver.conn.halfClosed);
  driver.feed(headers(5, get));
  driver.conn.feed(null);
  assert.deepEqual(await driver.session.closed, {
    code: ErrorCode.PROTOCOL_ERROR,
    reason: "HEADERS on stream 2",
  });
});

Deno.test("close ends the connection at once", async () => {
  const driver = new Driver(() => Promise.resolve(ok));
  driver.session.close();
  driver.session.close();
  await driver.clock.advanceAsync(1000);
  assert.equal((await driver.session.closed).reason, "closed");
});

Deno.test("half a request holds its handler for so long, and no longer", async () => {
  const over: string[] = [];
  const failures: unknown[] = [];
  const driver = new Driver(async ({ body }) => {
    for await (const octets of body) assert.ok(octets.length > 0);
    return ok;
  }, {
    onOver: ({ path }) => void over.push(path),
    onError: (error) => void failures.push(error),
    limits: { keepaliveMs: 1e9 },
  });
  driver.feed(headers(1, post, END_HEADERS), data(1, "half"));
  await driver.clock.advanceAsync(10_000);
  driver.feed(
    headers(3, post, END_HEADERS),
    headers(5, post, END_HEADERS),
    data(5, "", END_STREAM),
  );
  assert.equal(await driver.answer(5), "");
  await driver.clock.advanceAsync(19_999);
  driver.feed(data(1, "another octet buys no time"));
  await settle();
  assert.equal(over.length, 1);
  await driver.clock.advanceAsync(1);
  assert.equal(await driver.answer(1), "ENHANCE_YOUR_CALM");
  await driver.clock.advanceAsync(9_999);
  assert.equal(over.length, 2);
  await driver.clock.advanceAsync(1);
  assert.equal(await driver.answer(3), "ENHANCE_YOUR_CALM");
  await settle();
  assert.deepEqual([over.length, failures, driver.session.streams], [3, [], 0]);
  await driver.hangUp();
});

Deno.test("a handler that answers while it reads may be told more for as long as it likes", async () => {
  const driver = new Driver(({ body }) => Promise.resolve({ ...ok, body }), {
    limits: { keepaliveMs: 1e9 },
  });
  driver.feed(headers(1, post, END_HEADERS));
  await driver.frame(types.HEADERS, 1);
  await driver.clock.advanceAsync(3_600_000);
  driver.feed(data(1, "still here", END_STREAM));
  assert.equal(await driver.answer(1), "still here");
  await driver.hangUp();
});
