import { create, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import assert from "node:assert/strict";
import type { HealthCheckRequest } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { Health } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import type { H2Field } from "../../lib/h2/mod.ts";
import { Answer } from "../../lib/rpc/answer.ts";
import { httpAdapter } from "../../lib/rpc/http_adapter.ts";
import { type CallContext, serverStream, unary } from "../../lib/rpc/rpc.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { countedRoom } from "./support/roomy.ts";
import { ask, memoryRequest } from "./support/memory_request.ts";
import { anybody } from "./support/callers.ts";

const limits = { readMaxBytes: 10_000, writeMaxBytes: 5000, compressMinBytes: 1000 };
const grpc: H2Field = ["content-type", "application/grpc"];
const empty = encodeEnvelope(0, new Uint8Array());

type Call = (request: HealthCheckRequest, context: CallContext) => Answer | Promise<Answer>;

/** A unary call, and a stream that does the same once, and then waits. */
function setUp(call: Call) {
  const clock = new FakeClock();
  const room = countedRoom();
  const rpcs = [
    unary(Health.method.check, call),
    serverStream(Health.method.watch, async function* (request, context) {
      yield await call(request, context);
      await new Promise(() => {});
    }),
  ];
  const { http2: handler } = httpAdapter({
    rpcs,
    limits,
    countingOf: () => room,
    clock,
    identify: anybody,
  });
  const calling = (path: string) => (body: readonly Uint8Array[], ...more: H2Field[]) =>
    ask(handler, { path, headers: [grpc, ...more], body });
  return { clock, room, check: calling(check), watch: calling(watch), handler };
}

const check = "/grpc.health.v1.Health/Check";
const watch = "/grpc.health.v1.Health/Watch";

function status({ headers, trailers }: Awaited<ReturnType<typeof ask>>): [string, string] {
  const fields: Record<string, string | undefined> = { ...headers, ...trailers };
  return [fields["grpc-status"] ?? "none", decodeURIComponent(fields["grpc-message"] ?? "")];
}

Deno.test("an answer has its header, its envelope and its trailers, and is held until it has left", async () => {
  const answer = new Answer(new Uint8Array(10));
  const { check, room } = setUp(() => answer);
  const { status, headers, body, trailers } = await check([empty]);
  assert.equal(status, 200);
  assert.deepEqual(headers, { "content-type": "application/grpc+proto" });
  assert.deepEqual(body, answer.envelope);
  assert.deepEqual(trailers, { "grpc-status": "0" });
  assert.deepEqual([room.answers.used, room.requests.used], [0, 0]);
});

Deno.test("an answer is compressed for who takes gzip, from the least size on", async () => {
  for (const [length, gzip, flag] of [[999, true, 0], [1000, true, 1], [1000, false, 0]] as const) {
    const { check } = setUp(() => new Answer(new Uint8Array(length)));
    const accept: H2Field[] = gzip ? [["grpc-accept-encoding", "gzip"]] : [];
    const { headers, body } = await check([empty], ...accept);
    assert.equal(headers["content-type"], "application/grpc+proto");
    assert.deepEqual([body[0], headers["grpc-encoding"]], [flag, flag ? "gzip" : undefined]);
  }
});

Deno.test("an answer has its largest size", async () => {
  for (const [length, code] of [[5000, "0"], [5001, "8"]] as const) {
    const { check, room } = setUp(() => new Answer(new Uint8Array(length)));
    assert.equal(status(await check([empty]))[0], code);
    assert.equal(room.answers.used, 0);
  }
});

Deno.test("what is no request, or not one, has its status and its sentence", async () => {
  const { check, watch, room } = setUp(() => assert.fail("it was called"));
  const table: [body: Uint8Array[], status: [string, string]][] = [
    [[], ["12", "no message for a method that takes one"]],
    [[empty, empty], ["12", "more than one message for a method that takes one"]],
    [[new Uint8Array(1)], ["3", "protocol error: incomplete envelope"]],
    [[new Uint8Array(4)], ["3", "protocol error: incomplete envelope"]],
    [[Uint8Array.of(0, 0, 0, 0, 2, 10)], ["3", "protocol error: incomplete envelope"]],
    [
      [encodeEnvelope(1, new Uint8Array())],
      ["13", "the message is compressed, but no encoding is named"],
    ],
    [[encodeEnvelope(0, new Uint8Array(10_001))], [
      "8",
      "message of 10001 bytes is larger than the limit of 10000",
    ]],
  ];
  for (const [body, expected] of table) {
    const response = await check(body);
    assert.deepEqual(status(response), expected);
    assert.deepEqual([response.status, response.body.length], [200, 0]);
    assert.equal(response.headers["content-type"], "application/grpc+proto");
  }
  const [code, text] = status(await check([encodeEnvelope(0, Uint8Array.of(0x0a))]));
  assert.equal(code, "13");
  assert.match(text, /^cannot decode grpc\.health\.v1\.HealthCheckRequest: ./);
  for (
    const [body, said] of [
      [[], "no message for a method that takes one"],
      [[empty, empty], "more than one message for a method that takes one"],
    ] as const
  ) {
    const response = await watch(body);
    assert.deepEqual(status(response), ["12", said]);
    assert.deepEqual([response.status, response.body.length], [200, 0]);
    assert.equal(response.headers["content-type"], "application/grpc+proto");
  }
  assert.equal(room.requests.used, 0);
});

Deno.test("a request may be as large as is allowed", async () => {
  const seen: number[] = [];
  const { check } = setUp(({ service }) => {
    seen.push(service.length);
    return new Answer(new Uint8Array());
  });
  const { input } = Health.method.check;
  const request = (service: string) =>
    encodeEnvelope(0, toBinary(input, create(input, { service })));
  const [head, tail] = [request("x".repeat(9997)).slice(0, 7), request("x".repeat(9997)).slice(7)];
  assert.equal(head.length + tail.length, 10_005);
  assert.equal(status(await check([head, tail]))[0], "0");
  assert.deepEqual(seen, [9997]);
});

Deno.test("long requests wait for the next turn where this one is over, short ones do not", async () => {
  const { input } = Health.method.check;
  for (const [octets, isOver, turns] of [[4096, true, 0], [4097, true, 1], [4097, false, 0]]) {
    const { check, clock } = setUp(() => new Answer(new Uint8Array()));
    let taken = 0;
    clock.turn = {
      isOver: isOver === true,
      next: () => {
        taken++;
        return Promise.resolve();
      },
    };
    const message = toBinary(input, create(input, { service: "x".repeat(Number(octets) - 8) }));
    const envelope = encodeEnvelope(0, message);
    assert.equal(envelope.length, octets);
    assert.equal(status(await check([envelope]))[0], "0");
    assert.equal(taken, turns, `${octets} ${isOver}`);
  }
});

Deno.test("a call that is over leaves no timer for its deadline", async () => {
  const { check, clock } = setUp(async ({ service }, { signal }) => {
    assert.equal(signal.aborted, false);
    assert.equal(service, "");
    await Promise.resolve();
    assert.equal(clock.pending, 1);
    return new Answer(new Uint8Array());
  });
  assert.equal(status(await check([empty], ["grpc-timeout", "10S"]))[0], "0");
  assert.equal(clock.pending, 0);
});

Deno.test("a stream holds its deadline's timer until it ends, and what it sends until it has left", async () => {
  const { handler, clock, room } = setUp((_, { signal }) => {
    assert.equal(signal.aborted, false);
    return new Answer(new Uint8Array(10));
  });
  const { status, headers, body, trailers } = await handler(memoryRequest({
    path: watch,
    headers: [grpc, ["grpc-timeout", "10S"]],
    body: [empty],
  }));
  assert.deepEqual([status, headers], [200, [["content-type", "application/grpc+proto"]]]);
  const parts = body?.[Symbol.asyncIterator]() ?? assert.fail();
  assert.equal((await parts.next()).value?.length, 15);
  assert.deepEqual([clock.pending, room.answers.used], [1, 15]);
  void parts.return?.();
  assert.deepEqual([clock.pending, room.answers.used], [0, 0]);
  assert.deepEqual(trailers?.(), [["grpc-status", "0"]]);
});

Deno.test("a stream that breaks off says why in its trailers", async () => {
  const { watch } = setUp(() => Promise.reject(new Error("secret")));
  const response = await watch([empty]);
  assert.deepEqual(response.headers, { "content-type": "application/grpc+proto" });
  assert.equal(response.trailers["grpc-status"], "13");
});

Deno.test("a deadline that is over before the request is there spares the call", async () => {
  const { check, watch, clock } = setUp(() => assert.fail("it was called"));
  for (const call of [check, watch]) {
    clock.turn = {
      isOver: true,
      next: () => {
        clock.advance(1000);
        return Promise.resolve();
      },
    };
    const { input } = Health.method.check;
    const message = toBinary(input, create(input, { service: "x".repeat(5000) }));
    const body = [encodeEnvelope(0, message)];
    const response = await call(body, ["grpc-timeout", "1S"]);
    assert.deepEqual(status(response), ["4", "the operation timed out"]);
  }
});
