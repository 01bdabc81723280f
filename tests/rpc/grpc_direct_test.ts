import { Budgets } from "../../lib/rpc/budget.ts";
import { openCallSlots } from "../../lib/rpc/call_slots.ts";
import { create, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import fc from "fast-check";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { GetBackendRequestSchema, SetWeightRequestSchema } from "../../lib/gen/maglev_pb.ts";
import type { H2Handler } from "../../lib/h2/mod.ts";
import { instrumented } from "../../lib/rpc/call.ts";
import { FailedLogins } from "../../lib/rpc/failed_logins.ts";
import { grpcShortcuts } from "../../lib/rpc/grpc_direct.ts";
import { httpAdapter } from "../../lib/rpc/http_adapter.ts";
import { maglevRpcs } from "../../lib/rpc/service.ts";
import { StreamRegistry } from "../../lib/rpc/streams.ts";
import { universalHandlers } from "../../lib/rpc/universal.ts";
import { EventHub } from "../../lib/rpc/watch/hub.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { usualRoom, watchBudgets } from "./roomy.ts";
import { anyStatus } from "./any_status.ts";
import { CheckerBed } from "./checker_bed.ts";
import { FakeObserver } from "./harness.ts";
import { ask } from "./memory_request.ts";
import type { RequestParts, WholeResponse } from "./memory_request.ts";
import { smallConfig } from "./small_config.ts";
import { anybody, unread } from "./callers.ts";

const limits = { readMaxBytes: 10_000, writeMaxBytes: 5000, compressMinBytes: 1000 };

/** The same service twice: with shortcuts, and by Connect's handlers alone. */
function setUp(): { direct: H2Handler; universal: H2Handler; observers: FakeObserver[] } {
  const observers: FakeObserver[] = [];
  const [direct, universal] = [true, false].map((short) => {
    const { checker, journal, stream: events, log } = new CheckerBed(smallConfig(200));
    const observer = new FakeObserver();
    observers.push(observer);
    const hub = new EventHub({
      ...{ checker, journal, logs: log, clock: new FakeClock(), streamId: "here" },
      limits: { count: 9, bytes: 999 },
      budgets: watchBudgets(),
    });
    const config = { check: never, foresee: never, reload: never };
    const clock = systemClock;
    const streams = new StreamRegistry();
    const calls = openCallSlots(new Budgets(log, clock));
    const failures = new FailedLogins(clock);
    const deps = { observer, clock, log, streams, audit: unread(), failures };
    const rpcs = maglevRpcs({
      checker,
      journal,
      events,
      vpp: undefined,
      config,
      hub,
      clock,
      calls,
      status: anyStatus,
    })
      .map((rpc) => instrumented(rpc, deps));
    const handlers = universalHandlers(rpcs, limits);
    const room = usualRoom();
    const shortcuts = short
      ? grpcShortcuts(rpcs, { ...limits, ...room, clock, identify: anybody })
      : new Map();
    return httpAdapter({ handlers, shortcuts, limits, ...room, identify: anybody }).http2;
  });
  assert.ok(direct && universal);
  return { direct, universal, observers };
}

function never(): Promise<never> {
  return new Promise(() => {});
}

function backendRequest(name: string): Uint8Array {
  return toBinary(GetBackendRequestSchema, create(GetBackendRequestSchema, { name }));
}

function weightRequest(weight: number): Uint8Array {
  const request = { frontend: "www", pool: "primary", backend: "web0", weight };
  return toBinary(SetWeightRequestSchema, create(SetWeightRequestSchema, request));
}

/** What must agree: status fields may travel in the header or in the trailers, texts may differ. */
function essence({ status, headers, body, trailers }: WholeResponse) {
  const all = { ...headers, ...trailers };
  return {
    status,
    type: all["content-type"],
    encoding: body.length > 0 && body[0] === 1 ? all["grpc-encoding"] : undefined,
    grpcStatus: all["grpc-status"],
    hasMessage: all["grpc-message"] !== undefined,
    body: body.length,
  };
}

const grpcType = fc.constantFrom(
  "application/grpc",
  "application/grpc+proto",
  "application/grpc+json",
  "application/grpc;charset=x",
  "text/plain",
);

const extraHeaders = fc.subarray<readonly [string, string]>([
  ["te", "trailers"],
  ["grpc-accept-encoding", "identity,deflate,gzip"],
  ["grpc-encoding", "identity"],
  ["grpc-encoding", "br"],
  ["grpc-timeout", "10S"],
  ["grpc-timeout", "1x"],
  ["grpc-timeout", "0n"],
  ["user-agent", "grpc-test"],
  ["x-custom", "1"],
]);

const payload = fc.oneof(
  fc.constantFrom("web0", "nope").map(backendRequest),
  fc.uint8Array({ maxLength: 12 }),
  fc.constant(new Uint8Array(10_001)),
);

const body = fc.oneof(
  { weight: 6, arbitrary: payload.map((bytes) => [encodeEnvelope(0, new Uint8Array(bytes))]) },
  { weight: 1, arbitrary: payload.map((bytes) => [encodeEnvelope(1, new Uint8Array(bytes))]) },
  { weight: 1, arbitrary: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 }) },
  {
    weight: 1,
    arbitrary: payload.map((bytes) => {
      const envelope = encodeEnvelope(0, new Uint8Array(bytes));
      return [envelope, envelope];
    }),
  },
  {
    weight: 1,
    arbitrary: payload.map((bytes) => [encodeEnvelope(0, new Uint8Array(bytes)).slice(0, -1)]),
  },
);

const request: fc.Arbitrary<RequestParts> = fc.record({
  path: fc.constantFrom("GetBackend", "ListBackends", "ListFrontends", "SyncVPPLBState")
    .map((name) => `/maglev.Maglev/${name}`),
  method: fc.constantFrom("POST", "POST", "POST", "PUT", "GET"),
  headers: fc.tuple(grpcType, extraHeaders)
    .map(([type, more]): [string, string][] => [
      ["content-type", type],
      ...more.map((
        [name, value],
      ): [string, string] => [name, value]),
    ]),
  body,
});

Deno.test("the direct path answers as Connect's handlers do", async () => {
  const { direct, universal } = setUp();
  await fc.assert(
    fc.asyncProperty(request, async (parts) => {
      const [ours, theirs] = [await ask(direct, parts), await ask(universal, parts)];
      assert.deepEqual(essence(ours), essence(theirs));
      if (ours.body[0] === 0) assert.deepEqual(ours.body, theirs.body);
    }),
    { seed: 20261121, numRuns: 1500 },
  );
});

Deno.test("the direct path counts as Connect's handlers do", async () => {
  const { direct, universal, observers } = setUp();
  for (const handler of [direct, universal]) {
    for (const weight of [5, 101]) {
      await ask(handler, {
        path: "/maglev.Maglev/SetFrontendPoolBackendWeight",
        body: [encodeEnvelope(0, weightRequest(weight))],
      });
    }
    await ask(handler, { path: "/maglev.Maglev/GetBackend", body: [new Uint8Array(3)] });
    await ask(handler, { path: "/maglev.Maglev/Nope", body: [] });
  }
  const method = "maglev.Maglev/SetFrontendPoolBackendWeight";
  assert.deepEqual([...observers[0]?.counts ?? []], [
    [`started ${method}`, 2],
    [`received ${method}`, 2],
    [`sent ${method}`, 1],
    [`handled ${method} OK`, 1],
    [`handled ${method} InvalidArgument`, 1],
  ]);
  assert.deepEqual(observers[1]?.counts, observers[0]?.counts);
});

Deno.test("compressed requests are understood on either path", async () => {
  const { direct } = setUp();
  const response = await ask(direct, {
    path: "/maglev.Maglev/GetBackend",
    headers: [["content-type", "application/grpc"], ["grpc-encoding", "gzip"]],
    body: [encodeEnvelope(1, new Uint8Array(gzipSync(backendRequest("web0"))))],
  });
  assert.equal(response.trailers["grpc-status"], "0");
});

Deno.test("a deadline ends a call on either path", async () => {
  const { direct, universal } = setUp();
  for (const handler of [direct, universal]) {
    const response = await ask(handler, {
      path: "/maglev.Maglev/CheckConfig",
      headers: [["content-type", "application/grpc"], ["grpc-timeout", "20m"]],
      body: [encodeEnvelope(0, new Uint8Array())],
    });
    const status = { ...response.headers, ...response.trailers };
    assert.equal(status["grpc-status"], "4");
    assert.equal(decodeURIComponent(status["grpc-message"] ?? ""), "the operation timed out");
  }
});

Deno.test("a client that goes away ends its call on either path", async () => {
  const { direct, universal, observers } = setUp();
  for (const handler of [direct, universal]) {
    const abort = new AbortController();
    const answer = ask(handler, {
      path: "/maglev.Maglev/CheckConfig",
      body: [encodeEnvelope(0, new Uint8Array())],
      signal: abort.signal,
    });
    await Promise.any(observers.map((each) => each.until("started maglev.Maglev/CheckConfig")));
    abort.abort(new Error("RST_STREAM"));
    const { headers, trailers } = await answer;
    assert.equal({ ...headers, ...trailers }["grpc-status"], "1");
  }
});
