import { create } from "@bufbuild/protobuf";
import { BytesValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { Health, HealthCheckResponseSchema } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { instrumented, type RpcObserver } from "../../lib/rpc/call.ts";
import { type CallContext, type Rpc, serverStream, unary } from "../../lib/rpc/rpc.ts";
import type { RpcMethod } from "../../lib/rpc/rpc.ts";
import { StreamRegistry } from "../../lib/rpc/streams.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { settle } from "../support/until.ts";
import { echoRpcs } from "./support/echo.ts";
import { FailedLogins } from "../../lib/port/failed_logins.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { FakeObserver } from "../api/support/harness.ts";
import { operatorAt, unread } from "./support/callers.ts";

const { check, watch } = Health.method;
const response = create(HealthCheckResponseSchema);
const request = create(check.input);

/** An observer that writes down what it is told. */
class Notes implements RpcObserver {
  readonly lines: string[] = [];
  started = (rpc: RpcMethod): void => this.#note("started", rpc);
  handled = (rpc: RpcMethod, ...what: unknown[]): void => this.#note("handled", rpc, ...what);
  msgReceived = (rpc: RpcMethod): void => this.#note("received", rpc);
  msgSent = (rpc: RpcMethod): void => this.#note("sent", rpc);

  #note(kind: string, { service, method, type }: RpcMethod, ...what: unknown[]): void {
    assert.equal(service, "grpc.health.v1.Health");
    assert.equal(method, type === "unary" ? "Check" : "Watch");
    this.lines.push([kind, type, ...what].join(" "));
  }
}

function setUp() {
  const clock = new FakeClock();
  const deps = {
    observer: new Notes(),
    clock,
    log: new FakeLog(),
    streams: new StreamRegistry(clock),
    audit: unread(),
    failures: new FailedLogins(clock),
  };
  const abort = new AbortController();
  const context: CallContext = { signal: abort.signal, principal: operatorAt(), binary: true };
  return { deps, abort, context, notes: deps.observer };
}

function callUnary(rpc: Rpc, context: CallContext) {
  assert.equal(rpc.kind, "unary");
  return (async () => await (rpc.kind === "unary" ? rpc.call(request, context) : undefined))();
}

function openStream(rpc: Rpc, context: CallContext) {
  assert.ok(rpc.kind === "stream");
  return rpc.call(request, context)[Symbol.asyncIterator]();
}

Deno.test("a unary call is told of with its time and its status", async () => {
  const { deps, context, notes } = setUp();
  const good = instrumented(
    unary(check, () => {
      deps.clock.advance(1500);
      return response;
    }),
    deps,
  );
  await callUnary(good, context);
  const bad = instrumented(
    unary(check, () => {
      throw new ConnectError("no", Code.NotFound);
    }),
    deps,
  );
  await assert.rejects(callUnary(bad, context), /no/);
  assert.deepEqual(notes.lines, [
    "started unary",
    "received unary",
    "sent unary",
    "handled unary OK 1.5",
    "started unary",
    "received unary",
    "handled unary NotFound 0",
  ]);
});

Deno.test("a surprise is an internal error to the client, and logged with its cause", async () => {
  const { deps, context, notes } = setUp();
  const rpc = instrumented(unary(check, () => Promise.reject(new TypeError("oh"))), deps);
  await assert.rejects(callUnary(rpc, context), /\[internal\] internal error/);
  assert.equal(notes.lines.at(-1), "handled unary Internal 0");
  const [record] = deps.log.records;
  assert.equal(record?.msg, "grpc-handler-error");
  assert.equal(record?.attributes.method, "grpc.health.v1.Health/Check");
  assert.match(String(record?.attributes.err), /TypeError: oh/);
});

Deno.test("a call that nobody waits for ends, even if its implementation does not", async () => {
  const { deps, context, abort, notes } = setUp();
  const rpc = instrumented(unary(check, () => new Promise(() => {})), deps);
  const call = callUnary(rpc, context);
  abort.abort();
  await assert.rejects(call, /\[canceled\] the client went away/);
  assert.equal(notes.lines.at(-1), "handled unary Canceled 0");
});

Deno.test("a stream is told of message by message, and once when it ends", async () => {
  const { deps, context, notes } = setUp();
  const rpc = instrumented(
    serverStream(watch, async function* () {
      yield response;
      yield await Promise.resolve(response);
    }),
    deps,
  );
  const stream = openStream(rpc, context);
  while (!(await stream.next()).done);
  await stream.return?.();
  assert.deepEqual(notes.lines, [
    "started server_stream",
    "received server_stream",
    "sent server_stream",
    "sent server_stream",
    "handled server_stream OK 0",
  ]);
  assert.equal(deps.streams.size, 0);
});

Deno.test("a stream lets go of its request once it is open", async () => {
  const { deps, context } = setUp();
  const asked = create(watch.input, { service: "x".repeat(60_000) });
  let seen = "";
  const rpc = instrumented(
    serverStream(watch, ({ service }) => {
      seen = service;
      return quiet().iterable;
    }),
    deps,
  );
  assert.ok(rpc.kind === "stream");
  const stream = rpc.call(asked, context)[Symbol.asyncIterator]();
  assert.equal(asked.service.length, 60_000);
  void stream.next().catch(() => {});
  assert.equal(seen.length, 60_000);
  assert.deepEqual(Object.keys(asked), ["$typeName"]);
  await stream.return?.();
});

/** A source that never has anything, and that knows whether it was let go. */
function quiet() {
  const source = { returned: false };
  const iterable = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return() {
        source.returned = true;
        return Promise.resolve({ done: true, value: undefined } as const);
      },
    }),
  };
  return { source, iterable };
}

for (
  const [what, end, status] of [
    ["the client's leaving", "abort", "Canceled"],
    ["shutdown", "shutdown", "Unavailable"],
    ["its reader", "return", "Canceled"],
  ] as const
) {
  Deno.test(`a quiet stream is ended by ${what}, and its source let go`, async () => {
    const { deps, context, abort, notes } = setUp();
    const { source, iterable } = quiet();
    const stream = openStream(instrumented(serverStream(watch, () => iterable), deps), context);
    const pending = stream.next();
    pending.catch(() => {});
    if (end === "abort") abort.abort();
    if (end === "shutdown") {
      deps.streams.close(new ConnectError("server shutting down", Code.Unavailable));
    }
    if (end === "return") await stream.return?.();
    await assert.rejects(pending, { code: Code[status] });
    assert.equal(source.returned, true);
    assert.equal(notes.lines.at(-1), `handled server_stream ${status} 0`);
    assert.equal(deps.streams.size, 0);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });
}

Deno.test("a stream that begins after shutdown ends at once", async () => {
  const { deps, context } = setUp();
  deps.streams.close(new ConnectError("server shutting down", Code.Unavailable));
  const rpc = instrumented(serverStream(watch, () => quiet().iterable), deps);
  await assert.rejects(openStream(rpc, context).next(), /server shutting down/);
});

Deno.test("a stream that fails to be released is logged, and ends all the same", async () => {
  const { deps, context, notes } = setUp();
  const stuck: AsyncIterable<typeof response> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: response }),
      return: () => Promise.reject(new Error("stuck")),
    }),
  };
  const stream = openStream(instrumented(serverStream(watch, () => stuck), deps), context);
  await stream.next();
  await stream.return?.();
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  assert.match(notes.lines.at(-1) ?? "", /^handled server_stream Canceled/);
  const [record] = deps.log.named("grpc-handler-error");
  assert.equal(record?.method, "grpc.health.v1.Health/Watch");
  assert.match(String(record?.err), /^Error: stuck/);
});

Deno.test("what is at hand is handed on at once, as it is", () => {
  const { deps, context } = setUp();
  const rpc = instrumented(unary(check, () => response), deps);
  assert.equal(rpc.kind === "unary" && rpc.call(request, context), response);
});

Deno.test("only what surprises is logged, whatever was thrown", async () => {
  const stackless = Object.assign(new Error("no stack"), { stack: undefined });
  const table: [thrown: unknown, err: string | undefined][] = [
    [new ConnectError("no", Code.NotFound, undefined, undefined, new Error("why")), undefined],
    [new ConnectError("broken", Code.Internal), undefined],
    [new ConnectError("broken", Code.Internal, undefined, undefined, "why"), "why"],
    ["a text", "a text"],
    [stackless, "no stack"],
  ];
  for (const [thrown, err] of table) {
    const { deps, context, notes } = setUp();
    const rpc = instrumented(unary(check, () => Promise.reject(thrown)), deps);
    await assert.rejects(callUnary(rpc, context), ConnectError);
    assert.match(notes.lines.at(-1) ?? "", /^handled unary (NotFound|Internal) 0$/);
    assert.deepEqual(
      deps.log.lines,
      err === undefined
        ? []
        : [`warn grpc-handler-error method=grpc.health.v1.Health/Check err=${err}`],
    );
  }
});

Deno.test("who had gone before the call began is not waited for", async () => {
  const { deps, context, abort, notes } = setUp();
  abort.abort();
  const rpc = instrumented(unary(check, () => new Promise(() => {})), deps);
  await assert.rejects(callUnary(rpc, context), { code: Code.Canceled });
  const { iterable } = quiet();
  const stream = openStream(instrumented(serverStream(watch, () => iterable), deps), context);
  await assert.rejects(stream.next(), { code: Code.Canceled });
  assert.equal(deps.streams.size, 0);
  assert.deepEqual(notes.lines.filter((line) => line.startsWith("handled")), [
    "handled unary Canceled 0",
    "handled server_stream Canceled 0",
  ]);
});

Deno.test("why a call was broken off is told: its deadline, the shutdown, or its client", async () => {
  const deadline = new ConnectError("the operation timed out", Code.DeadlineExceeded);
  const shutdown = new ConnectError("server shutting down", Code.Unavailable);
  const table: [reason: unknown, closed: boolean, code: Code][] = [
    [deadline, false, Code.DeadlineExceeded],
    [deadline, true, Code.DeadlineExceeded],
    [new Error("RST_STREAM"), true, Code.Unavailable],
    [new Error("RST_STREAM"), false, Code.Canceled],
  ];
  for (const [reason, closed, code] of table) {
    const { deps, context, abort } = setUp();
    const call = callUnary(
      instrumented(unary(check, () => new Promise(() => {})), deps),
      context,
    );
    if (closed) deps.streams.close(shutdown);
    abort.abort(reason);
    await assert.rejects(call, { code });
  }
  const { deps, context, abort } = setUp();
  const { iterable } = quiet();
  const read = openStream(instrumented(serverStream(watch, () => iterable), deps), context).next();
  abort.abort(deadline);
  await assert.rejects(read, { code: Code.DeadlineExceeded });
});

/** The context, and how many listen to its signal. */
function listenedTo(context: CallContext) {
  const listeners = new Set<unknown>();
  const { signal } = context;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: EventListener) => {
    listeners.add(listener);
    add(type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    listeners.delete(listener);
    remove(type, listener);
  };
  return listeners;
}

Deno.test("a call that is over listens to nobody any more", async () => {
  for (const closed of [false, true]) {
    const { deps, context } = setUp();
    const listeners = listenedTo(context);
    if (closed) deps.streams.close(new ConnectError("server shutting down", Code.Unavailable));
    const answer = Promise.withResolvers<typeof response>();
    const call = callUnary(instrumented(unary(check, () => answer.promise), deps), context);
    assert.equal(listeners.size, 1);
    answer.resolve(response);
    await call;
    assert.equal(listeners.size, 0);
    const rpc = instrumented(serverStream(watch, () => quiet().iterable), deps);
    const stream = openStream(rpc, context);
    assert.equal(listeners.size, closed ? 0 : 1);
    await stream.return?.();
    assert.equal(listeners.size, 0);
  }
  const { deps, context } = setUp();
  const listeners = listenedTo(context);
  const rpc = instrumented(
    serverStream(watch, async function* () {
      yield await Promise.resolve(response);
    }),
    deps,
  );
  const stream = openStream(rpc, context);
  while (!(await stream.next()).done);
  await settle(1);
  assert.equal(listeners.size, 0);
});

Deno.test("a conversation is counted word by word, in both directions", async () => {
  const { deps, context } = setUp();
  const observer = new FakeObserver();
  const rpc = instrumented(echoRpcs()[1] ?? assert.fail(), { ...deps, observer });
  assert.ok(rpc.kind === "stream");
  async function* words() {
    for (let i = 0; i < 3; i++) {
      yield await Promise.resolve(create(BytesValueSchema, { value: Uint8Array.of(i) }));
    }
  }
  assert.equal((await Array.fromAsync(rpc.call(words(), context))).length, 3);
  assert.deepEqual(Object.fromEntries(observer.counts), {
    "started test.Echo/Bidi": 1,
    "received test.Echo/Bidi": 3,
    "sent test.Echo/Bidi": 3,
    "handled test.Echo/Bidi OK": 1,
  });
});

Deno.test("each word of a conversation has a turn of the loop, however many come at once", async () => {
  const { deps, context } = setUp();
  let turns = 0;
  const next = () => Promise.resolve(void turns++);
  const clock = Object.assign(new FakeClock(), { turn: { isOver: false, next } });
  const rpc = instrumented(echoRpcs()[1] ?? assert.fail(), {
    ...deps,
    ...{ clock, observer: new FakeObserver() },
  });
  assert.ok(rpc.kind === "stream");
  async function* words() {
    for (let i = 0; i < 5; i++) yield await Promise.resolve(create(BytesValueSchema));
  }
  await Promise.all([1, 2].map(() => Array.fromAsync(rpc.call(words(), context))));
  assert.equal(turns, 10);
});
