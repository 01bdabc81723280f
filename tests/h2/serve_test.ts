import assert from "node:assert/strict";
import { ErrorCode, H2AbortError } from "../../lib/h2/mod.ts";
import type { H2Request } from "../../lib/h2/mod.ts";
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
  preface,
  settings,
  text,
  types,
  windowUpdate,
} from "./support/wire.ts";

Deno.test("a handler sees the request and its answer goes out with body and trailers", async () => {
  let seen: H2Request | undefined;
  const driver = new Driver(async (request) => {
    seen = request;
    const body = await readAll(request.body);
    return {
      ...ok,
      body: chunks("you said ", body),
      trailers: () => [["x-sum", String(body.length)]],
    };
  });
  driver.feed(
    headers(1, post, END_HEADERS),
    data(1, "hel"),
    data(1, "lo"),
    headers(1, [["t", "u"]]),
  );
  assert.equal(await driver.answer(1), "you said hello");
  assert.equal(seen?.path, "/maglev.Maglev/GetBackend");
  assert.equal(seen.peer, "192.0.2.1");
  assert.deepEqual(seen.headers, [["content-type", "application/grpc"]]);
  assert.deepEqual(seen.trailers(), [["t", "u"]]);
  assert.equal(seen.signal.aborted, false);
  await driver.hangUp();
});

Deno.test("octets that were read to recognize the protocol are not lost", async () => {
  const driver = new Driver(() => Promise.resolve({ ...ok, body: chunks("x") }), {
    prefix: preface.subarray(0, 10),
  });
  driver.feed(headers(1, get));
  assert.equal(await driver.answer(1), "x");
  await driver.hangUp();
});

Deno.test("answers of one turn go out in one write", async () => {
  const driver = new Driver(() =>
    Promise.resolve({ ...ok, body: chunks("x"), trailers: () => [] })
  );
  await driver.frame(types.SETTINGS, 0);
  const before = driver.conn.written.length;
  const requests = Array.from({ length: 10 }, (_, n) => headers(2 * n + 1, get));
  driver.feed(Uint8Array.from(requests.flatMap((request) => [...request])));
  await driver.answer(19);
  assert.equal(driver.conn.written.length - before <= 3, true);
  await driver.hangUp();
});

Deno.test("a handler that throws resets its stream with INTERNAL_ERROR and is told of", async () => {
  const errors: unknown[] = [];
  const driver = new Driver(({ path }) => {
    if (path !== "/") return Promise.reject(new Error("no such thing"));
    return Promise.resolve(ok);
  }, { onError: (error, request) => errors.push(error, request.path) });
  driver.feed(headers(1, post), headers(3, get));
  assert.equal(await driver.answer(1), "INTERNAL_ERROR");
  assert.equal(await driver.answer(3), "");
  assert.deepEqual(errors, [new Error("no such thing"), "/maglev.Maglev/GetBackend"]);
  await driver.hangUp();
});

Deno.test("an onError that throws itself does no harm, and is heard of", async () => {
  const heard: string[] = [];
  const hear = (event: ErrorEvent) => {
    event.preventDefault();
    heard.push(event.error.message);
  };
  globalThis.addEventListener("error", hear);
  using _ = { [Symbol.dispose]: () => globalThis.removeEventListener("error", hear) };
  const driver = new Driver(() => Promise.reject(new Error("first")), {
    onError: () => {
      throw new Error("second");
    },
  });
  driver.feed(headers(1, get), headers(3, get));
  assert.equal(await driver.answer(3), "INTERNAL_ERROR");
  assert.deepEqual(heard, ["second", "second"]);
  await driver.hangUp();
});

Deno.test("a handler that breaks off on purpose resets its stream and is not told of", async () => {
  const errors: unknown[] = [];
  const driver = new Driver(() => Promise.reject(new H2AbortError(ErrorCode.CANCEL, "enough")), {
    onError: (error) => errors.push(error),
  });
  driver.feed(headers(1, get));
  assert.equal(await driver.answer(1), "INTERNAL_ERROR");
  assert.deepEqual(errors, []);
  await driver.hangUp();
});

Deno.test("a handler that throws before it returns a promise is no worse", async () => {
  const driver = new Driver(() => {
    throw new Error("at once");
  });
  driver.feed(headers(1, get));
  assert.equal(await driver.answer(1), "INTERNAL_ERROR");
  await driver.hangUp();
});

Deno.test("a body or trailers that throw reset the stream with INTERNAL_ERROR", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(text("some"));
    throw new Error("no more");
  }
  const driver = new Driver(({ method }) =>
    Promise.resolve(
      method === "GET" ? { ...ok, body: broken() } : {
        ...ok,
        trailers: () => {
          throw new Error("no trailers");
        },
      },
    )
  );
  driver.feed(headers(1, get), headers(3, post));
  assert.equal(await driver.answer(1), "INTERNAL_ERROR");
  assert.equal(await driver.answer(3), "INTERNAL_ERROR");
  await driver.hangUp();
});

Deno.test("a status that is none resets the stream with INTERNAL_ERROR", async () => {
  const errors: unknown[] = [];
  const driver = new Driver(() => Promise.resolve({ ...ok, status: 99 }), {
    onError: (error) => errors.push(String(error)),
  });
  driver.feed(headers(1, get));
  assert.equal(await driver.answer(1), "INTERNAL_ERROR");
  assert.deepEqual(errors, ["RangeError: response status is 99: must be between 200 and 599"]);
  await driver.hangUp();
});

Deno.test("HEAD, 204 and 304 have no body, and its producer is told", async () => {
  for (const [method, status] of [["HEAD", 200], ["GET", 204], ["GET", 304]] as const) {
    const returned = gate();
    const driver = new Driver(() => {
      const producer = chunks("never");
      const body = {
        [Symbol.asyncIterator]: () => ({
          next: () => producer.next(),
          return: () => {
            returned.open();
            return producer.return(undefined);
          },
        }),
      };
      return Promise.resolve({ status, headers: [["content-length", "5"]], body });
    });
    driver.feed(headers(1, get.map(([n, v]) => n === ":method" ? [n, method] : [n, v])));
    assert.equal(await driver.answer(1), "");
    await returned.opened;
    await driver.hangUp();
  }
});

Deno.test("empty chunks of a body are left out", async () => {
  const driver = new Driver(() => Promise.resolve({ ...ok, body: chunks("", "a", "", "b", "") }));
  driver.feed(headers(1, get));
  assert.equal(await driver.answer(1), "ab");
  const sizes = driver.frames().filter((f) => f.type === types.DATA).map((f) => f.payload.length);
  assert.deepEqual(sizes, [1, 1, 0]);
  await driver.hangUp();
});

Deno.test("an unread body stops the peer, reading it lets the peer go on", async () => {
  const release = gate();
  const driver = new Driver(async (request) => {
    await release.opened;
    return { ...ok, body: chunks(String((await readAll(request.body)).length)) };
  }, { limits: { streamWindow: 65_536 } });
  driver.feed(headers(1, post, END_HEADERS));
  for (let n = 0; n < 4; n++) driver.feed(data(1, new Uint8Array(16_384)));
  driver.feed(ping());
  await driver.frame(types.PING, 0);
  assert.equal(
    driver.frames().some((f) => f.type === types.WINDOW_UPDATE && f.streamId === 1),
    false,
  );
  release.open();
  await driver.frame(types.WINDOW_UPDATE, 1);
  driver.feed(data(1, "x", END_STREAM));
  assert.equal(await driver.answer(1), "65537");
  await driver.hangUp();
});

Deno.test("a body left early is discarded and does not hold the others up", async () => {
  const driver = new Driver(async (request) => {
    for await (const _ of request.body) break;
    return { ...ok, body: chunks("enough") };
  }, { limits: { streamWindow: 65_536, connectionWindow: 65_536 } });
  driver.feed(headers(1, post, END_HEADERS));
  for (let n = 0; n < 4; n++) driver.feed(data(1, new Uint8Array(16_384)));
  assert.equal(await driver.answer(1), "NO_ERROR");
  driver.feed(headers(3, post, END_HEADERS), data(3, "x", END_STREAM));
  assert.equal(await driver.answer(3), "enough");
  await driver.hangUp();
});

Deno.test("a body of single octets arrives whole", async () => {
  const release = gate();
  const driver = new Driver(async (request) => {
    await release.opened;
    return { ...ok, body: chunks(await readAll(request.body)) };
  });
  driver.feed(headers(1, post, END_HEADERS));
  const message = "the quick brown fox jumps over the lazy dog ".repeat(200);
  for (const character of message) driver.feed(data(1, character));
  driver.feed(data(1, "", END_STREAM), ping());
  await driver.frame(types.PING, 0);
  release.open();
  assert.equal(await driver.answer(1), message);
  await driver.hangUp();
});

Deno.test("the producer is asked for no more than one chunk ahead of the window", async () => {
  let produced = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      produced++;
      yield await Promise.resolve(new Uint8Array(1000));
    }
  }
  const driver = new Driver(() => Promise.resolve({ ...ok, body: endless() }));
  driver.feed(settings([4, 5000]), headers(1, get), ping());
  await driver.frame(types.PING, 0);
  await driver.clock.advanceAsync(10);
  assert.equal(produced, 6);
  driver.feed(windowUpdate(1, 2000), ping(text("again...")));
  await driver.conn.until(() => driver.frames().filter((f) => f.type === types.PING).length === 2);
  await driver.clock.advanceAsync(10);
  assert.equal(produced, 8);
  await driver.hangUp();
});

Deno.test("a thousand requests at once are all answered", async () => {
  const driver = new Driver(({ path }) => Promise.resolve({ ...ok, body: chunks(path) }));
  driver.feed(...Array.from({ length: 1000 }, (_, n) => headers(2 * n + 1, get)));
  assert.equal(await driver.answer(1999), "/");
  await driver.hangUp();
});
