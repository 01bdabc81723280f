import assert from "node:assert/strict";
import {
  ErrorCode,
  H2AbortError,
  type H2Handler,
  type H2Request,
  type H2Response,
  type H2ServeOptions,
} from "../../lib/h2/mod.ts";
import { settle } from "../support/until.ts";
import { Driver } from "./support/driver.ts";
import { chunks, gate, ok } from "./support/handlers.ts";
import {
  data,
  END_HEADERS,
  END_STREAM,
  get,
  goaway,
  headers,
  ping,
  post,
  rstStream,
  settings,
  types,
  windowUpdate,
} from "./support/wire.ts";

/** A driver whose client gives no window to begin with. */
function withoutWindow(handler: H2Handler, options: H2ServeOptions = {}): Driver {
  const driver = new Driver(handler, options);
  driver.feed(settings([4, 0]));
  return driver;
}

/** A body that tells what is done with it. */
function observedBody(...parts: string[]) {
  const calls: string[] = [];
  const producer = chunks(...parts);
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        calls.push("next");
        return producer.next();
      },
      return: () => {
        calls.push("return");
        return producer.return(undefined);
      },
    }),
  };
  return { body, calls };
}

Deno.test("a request tells everything that its header section holds", async () => {
  const seen = Promise.withResolvers<H2Request>();
  const driver = new Driver((request) => {
    seen.resolve(request);
    return Promise.resolve(ok);
  }, { peer: "192.0.2.7" });
  driver.feed(headers(1, post, END_HEADERS | END_STREAM));
  const { method, scheme, authority, path, peer, trailers } = await seen.promise;
  assert.deepEqual({ method, scheme, authority, path, peer, trailers: trailers() }, {
    method: "POST",
    scheme: "http",
    authority: "vip.example.net",
    path: "/maglev.Maglev/GetBackend",
    peer: "192.0.2.7",
    trailers: [],
  });
  await driver.hangUp();
});

Deno.test("statuses from 200 to 599 are sent, others are an error", async () => {
  for (
    const [status, sent] of [[199, false], [200, true], [599, true], [600, false], [204.5, false]]
  ) {
    const driver = new Driver(() => Promise.resolve({ ...ok, status: Number(status) }));
    driver.feed(headers(1, get));
    assert.equal(await driver.answer(1), sent ? "" : "INTERNAL_ERROR", `${status}`);
    await driver.hangUp();
  }
});

Deno.test("a response ends with its headers, its last octet, or its trailers", async () => {
  const frames = async (response: Partial<H2Response>) => {
    const driver = new Driver(() => Promise.resolve({ ...ok, ...response }));
    driver.feed(headers(1, get));
    await driver.answer(1);
    await driver.hangUp();
    return driver.frames().filter(({ streamId }) => streamId === 1)
      .map(({ type, flags }) => `${type}${flags & END_STREAM ? " end" : ""}`);
  };
  assert.deepEqual(await frames({}), ["1 end"]);
  assert.deepEqual(await frames({ body: chunks("a") }), ["1", "0", "0 end"]);
  assert.deepEqual(await frames({ body: chunks(), trailers: () => [["t", "u"]] }), ["1", "1 end"]);
  assert.deepEqual(await frames({ trailers: () => [["t", "u"]] }), ["1", "1 end"]);
  assert.deepEqual(await frames({ trailers: () => [] }), ["1", "0 end"]);
});

Deno.test("a body that ends by itself is not told to stop", async () => {
  const { body, calls } = observedBody("a", "b");
  const driver = new Driver(() => Promise.resolve({ ...ok, body }));
  driver.feed(headers(1, get));
  assert.equal(await driver.answer(1), "ab");
  await driver.hangUp();
  assert.deepEqual(calls, ["next", "next", "next"]);
});

Deno.test("an answer that comes after the reset is not asked for its body", async () => {
  const release = gate();
  const entered = gate();
  const { body, calls } = observedBody("late");
  const errors: unknown[] = [];
  const driver = new Driver(async (request) => {
    if (request.method === "GET") return ok;
    entered.open();
    await release.opened;
    return { ...ok, body, trailers: () => assert.fail("nobody wants trailers") };
  }, { onError: (error) => errors.push(error) });
  driver.feed(headers(1, post));
  await entered.opened;
  driver.feed(rstStream(1), ping());
  await driver.frame(types.PING, 0);
  release.open();
  driver.feed(headers(3, get));
  assert.equal(await driver.answer(3), "");
  assert.deepEqual([calls, errors], [["return"], []]);
  assert.equal(driver.frames().some(({ streamId }) => streamId === 1), false);
  await driver.hangUp();
});

Deno.test("a handler that fails after the reset has nobody to tell", async () => {
  const release = gate();
  const entered = gate();
  const errors: unknown[] = [];
  const driver = new Driver(async (request) => {
    if (request.method === "GET") return ok;
    entered.open();
    await release.opened;
    throw new Error("too late");
  }, { onError: (error) => errors.push(error) });
  driver.feed(headers(1, post));
  await entered.opened;
  driver.feed(rstStream(1), ping());
  await driver.frame(types.PING, 0);
  release.open();
  driver.feed(headers(3, get));
  await driver.answer(3);
  assert.deepEqual(errors, []);
  await driver.hangUp();
});

Deno.test("the signal of a request that fails aborts with that", async () => {
  const signals: AbortSignal[] = [];
  const driver = new Driver(({ signal }) => {
    signals.push(signal);
    throw new Error("broken");
  });
  driver.feed(headers(1, get));
  assert.equal(await driver.answer(1), "INTERNAL_ERROR");
  const reason = signals[0]?.reason;
  assert.ok(reason instanceof H2AbortError);
  assert.deepEqual(
    [reason.code, reason.message],
    [ErrorCode.INTERNAL_ERROR, "the handler has failed"],
  );
  await driver.hangUp();
});

Deno.test("a body that fails in the middle is not told to stop, a good one is", async () => {
  const stopped: string[] = [];
  const producer = (name: string, next: () => Promise<IteratorResult<Uint8Array>>) => ({
    [Symbol.asyncIterator]: () => ({
      next,
      return: () => {
        stopped.push(name);
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  });
  const { body, calls } = observedBody("a");
  const driver = new Driver(({ method }) =>
    Promise.resolve(
      method === "GET"
        ? { ...ok, body: producer("failing", () => Promise.reject(new Error("no more"))) }
        : { status: 99, headers: [], body },
    )
  );
  driver.feed(headers(1, get), headers(3, post));
  assert.equal(await driver.answer(1), "INTERNAL_ERROR");
  assert.equal(await driver.answer(3), "INTERNAL_ERROR");
  assert.deepEqual([stopped, calls], [["failing"], ["return"]]);
  await driver.hangUp();
});

Deno.test("who still reads the body when the answer is complete is told that it is over", async () => {
  let pending: Promise<IteratorResult<Uint8Array>> | undefined;
  const driver = new Driver((request) => {
    pending = request.body[Symbol.asyncIterator]().next();
    return Promise.resolve(ok);
  });
  driver.feed(headers(1, post, END_HEADERS));
  assert.equal(await driver.answer(1), "NO_ERROR");
  assert.deepEqual(await pending, { done: true, value: undefined });
  await driver.hangUp();
});

Deno.test("leaving a body gives its octets back at once, before any answer", async () => {
  const release = gate();
  const driver = new Driver(async (request) => {
    for await (const _ of request.body) break;
    await release.opened;
    return ok;
  }, { limits: { streamWindow: 65_536, connectionWindow: 65_536 } });
  driver.feed(headers(1, post, END_HEADERS), data(1, "x"));
  for (let n = 0; n < 3; n++) driver.feed(data(1, new Uint8Array(16_384)));
  await driver.frame(types.WINDOW_UPDATE, 0);
  const updates = () => driver.frames().filter(({ type }) => type === types.WINDOW_UPDATE);
  // The first made the connection's window as large as it is.
  await driver.conn.until(() => updates().length === 2);
  assert.deepEqual(updates().map(({ streamId }) => streamId), [0, 0]);
  release.open();
  await driver.hangUp();
});

Deno.test("the body of a GET waits for nobody, however long its answer takes", async () => {
  const release = gate();
  const driver = new Driver(async ({ body }) => {
    for await (const _ of body) assert.fail("it has a body");
    await release.opened;
    return ok;
  }, { limits: { streamWindow: 65_536, connectionWindow: 65_536 } });
  driver.feed(headers(1, get, END_HEADERS));
  for (let n = 0; n < 3; n++) driver.feed(data(1, new Uint8Array(16_384)));
  const updates = () => driver.frames().filter(({ type }) => type === types.WINDOW_UPDATE);
  await driver.conn.until(() => updates().length === 2);
  assert.deepEqual(updates().map(({ streamId }) => streamId), [0, 0]);
  release.open();
  await driver.hangUp();
});

Deno.test("a handler whose answer waits for a window ends with its stream", async () => {
  const limits = { maxConcurrentStreams: 1 };
  let count = 0;
  let trailers = 0;
  const driver = withoutWindow(() => {
    count++;
    const asked = () => {
      trailers++;
      return [];
    };
    return Promise.resolve({ ...ok, body: chunks("some"), trailers: asked });
  }, { limits });
  // Handlers that went on waiting would count, and twice as many as streams are allowed.
  for (let id = 1; id <= 9; id += 2) {
    driver.feed(headers(id, get));
    await driver.frame(types.HEADERS, id);
    driver.feed(rstStream(id), ping());
    const pings = () => driver.frames().filter(({ type }) => type === types.PING).length;
    await driver.conn.until(() => pings() === (id + 1) / 2);
  }
  assert.deepEqual({ count, trailers }, { count: 5, trailers: 0 });
  await driver.hangUp();
});

Deno.test("an answer that waited goes on where it stopped, piece by piece", async () => {
  const driver = withoutWindow(() =>
    Promise.resolve({ ...ok, body: chunks("hello", " ", "world"), trailers: () => [["t", "u"]] })
  );
  driver.feed(headers(1, get));
  await driver.frame(types.HEADERS, 1);
  const received = () =>
    driver.frames().filter(({ type }) => type === types.DATA)
      .map(({ payload }) => String.fromCharCode(...payload));
  for (let n = 1; n <= 11; n++) {
    driver.feed(windowUpdate(1, 1));
    await driver.conn.until(() => received().length === n);
  }
  assert.equal(await driver.answer(1), "hello world");
  assert.equal(received().length, 11);
  await driver.hangUp();
});

Deno.test("a peer that goes away is let go when its last answer is complete", async () => {
  const release = gate();
  const entered = gate();
  const driver = new Driver(async () => {
    entered.open();
    await release.opened;
    return { ...ok, body: chunks("the end") };
  });
  driver.feed(headers(1, get), goaway());
  await entered.opened;
  assert.equal(driver.conn.halfClosed, false);
  release.open();
  assert.equal(await driver.answer(1), "the end");
  await driver.conn.until(() => driver.conn.halfClosed);
  driver.conn.feed(null);
  assert.deepEqual(await driver.session.closed, { code: 0, reason: "the peer has gone away" });
});

Deno.test("a request that has to make room ends its stream, and its handler hears of it", async () => {
  const { body, calls } = observedBody("a", "b");
  const asked: H2Request[] = [];
  const driver = withoutWindow((request) => {
    asked.push(request);
    return Promise.resolve({ ...ok, body });
  });
  driver.feed(headers(1, get));
  await driver.conn.until(() => calls.length > 0);
  asked[0]?.cancel?.("others have fewer");
  asked[0]?.cancel?.("again");
  const reset = await driver.frame(types.RST_STREAM, 1);
  assert.equal(reset.payload.at(-1), ErrorCode.ENHANCE_YOUR_CALM);
  assert.ok(calls.includes("return"));
  const { signal } = asked[0] ?? {};
  assert.ok(signal?.aborted && signal.reason instanceof H2AbortError);
  assert.equal(signal.reason.message, "others have fewer");
  assert.equal(driver.session.streams, 0);
  await driver.hangUp();
});

/** A handler whose answers are written down when they have left, or never will. */
function hearing(body: () => AsyncIterable<Uint8Array>) {
  const told: boolean[] = [];
  const handler: H2Handler = () =>
    Promise.resolve({ ...ok, body: body(), sent: (isWhole) => void told.push(isWhole) });
  return { told, handler };
}

/** An answer that the socket does not take yet. */
async function untaken() {
  const { told, handler } = hearing(() => chunks("hello"));
  const driver = new Driver(handler);
  await driver.conn.until(() => driver.conn.written.length > 0);
  driver.conn.accepting = false;
  driver.feed(headers(1, post, END_HEADERS | END_STREAM));
  await driver.conn.until(() => driver.conn.stuck);
  await settle();
  return { told, driver };
}

Deno.test("an answer is sent when the socket has taken it, and not before", async () => {
  const { told, driver } = await untaken();
  assert.deepEqual(told, []);
  driver.conn.accepting = true;
  assert.equal(await driver.answer(1), "hello");
  await settle();
  assert.deepEqual(told, [true]);
  await driver.hangUp();
  assert.deepEqual(told, [true]);
});

Deno.test("an answer that the socket does not take is not sent", async () => {
  const { told, driver } = await untaken();
  driver.conn.close();
  await driver.session.closed;
  await settle();
  assert.deepEqual(told, [false]);
});

Deno.test("an answer is not sent to who resets its stream, nor when its body breaks", async () => {
  const { told, handler } = hearing(() => chunks("hello"));
  const driver = withoutWindow(handler);
  driver.feed(headers(1, post, END_HEADERS | END_STREAM));
  await driver.frame(types.HEADERS, 1);
  driver.feed(rstStream(1, 8));
  await settle();
  assert.deepEqual(told, [false]);
  const broken = hearing(async function* () {
    yield await Promise.reject(new Error("no body"));
  });
  const other = new Driver(broken.handler);
  other.feed(headers(1, post, END_HEADERS | END_STREAM));
  assert.equal(await other.answer(1), "INTERNAL_ERROR");
  await settle();
  assert.deepEqual(broken.told, [false]);
  for (const each of [driver, other]) await each.hangUp();
});
