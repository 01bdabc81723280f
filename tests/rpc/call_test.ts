import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { Health, HealthCheckResponseSchema } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { instrumented } from "../../lib/rpc/call.ts";
import { serverStream, unary } from "../../lib/rpc/rpc.ts";
import type { CallContext, Rpc } from "../../lib/rpc/rpc.ts";
import { StreamRegistry } from "../../lib/rpc/stream_registry.ts";
import type { RpcObserver } from "../../lib/rpc/types.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { FakeLog } from "./fake_log.ts";

const { check, watch } = Health.method;
const response = create(HealthCheckResponseSchema);
const request = create(check.input);

/** An observer that writes down what it is told. */
class Notes implements RpcObserver {
  readonly lines: string[] = [];
  started = (...what: unknown[]): void => this.#note("started", what);
  handled = (...what: unknown[]): void => this.#note("handled", what);
  msgReceived = (...what: unknown[]): void => this.#note("received", what);
  msgSent = (...what: unknown[]): void => this.#note("sent", what);

  #note(kind: string, what: unknown[]): void {
    assert.deepEqual(what.slice(0, 2), [
      "grpc.health.v1.Health",
      what[2] === "unary" ? "Check" : "Watch",
    ]);
    this.lines.push([kind, ...what.slice(2)].join(" "));
  }
}

function setUp() {
  const deps = {
    observer: new Notes(),
    clock: new FakeClock(),
    log: new FakeLog(),
    streams: new StreamRegistry(),
  };
  const abort = new AbortController();
  const context: CallContext = { signal: abort.signal, peer: "", binary: true };
  return { deps, abort, context, notes: deps.observer };
}

function callUnary(rpc: Rpc, context: CallContext) {
  assert.equal(rpc.kind, "unary");
  return (async () => await (rpc.kind === "unary" ? rpc.call(request, context) : undefined))();
}

function openStream(rpc: Rpc, context: CallContext) {
  assert.ok(rpc.kind === "server_streaming");
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
  assert.ok(rpc.kind === "server_streaming");
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
