import { create, isMessage } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../../lib/gen/grpc/health/v1/health_pb.ts";
import type { Reply } from "../../lib/rpc/answer.ts";
import { HealthService } from "../../lib/rpc/health.ts";
import { operatorAt } from "./support/callers.ts";

const context = { signal: new AbortController().signal, principal: operatorAt(), binary: true };

/** A health service, and how its two methods are called. */
function setUp() {
  const health = new HealthService(["", "maglev.Maglev"]);
  const [check, watch] = health.rpcs();
  assert.ok(check?.kind === "unary" && watch?.kind === "stream");
  return {
    health,
    check: async (service: string) =>
      statusOf(await check.call(create(Health.method.check.input, { service }), context)),
    watch: (service: string) => {
      const request = create(Health.method.watch.input, { service });
      return watch.call(request, context)[Symbol.asyncIterator]();
    },
  };
}

function statusOf(reply: Reply): Status {
  assert.ok(isMessage(reply, HealthCheckResponseSchema));
  return reply.status;
}

async function read(stream: AsyncIterator<Reply>): Promise<Status> {
  const { value, done } = await stream.next();
  return done ? assert.fail("the stream has ended") : statusOf(value);
}

Deno.test("the server and its service are well until the server is told to stop", async () => {
  const { health, check } = setUp();
  for (const service of ["", "maglev.Maglev"]) assert.equal(await check(service), Status.SERVING);
  health.stopServing();
  for (const service of ["", "maglev.Maglev"]) {
    assert.equal(await check(service), Status.NOT_SERVING);
  }
  await assert.rejects(check("no.Such"), {
    code: Code.NotFound,
    rawMessage: 'service "no.Such" not found',
  });
});

Deno.test("who watches hears how it is, and of the end; of what is unknown nothing but that", async () => {
  const { health, watch } = setUp();
  const [known, unknown, gone] = [watch(""), watch("no.Such"), watch("")];
  assert.equal(await read(known), Status.SERVING);
  assert.equal(await read(unknown), Status.SERVICE_UNKNOWN);
  assert.equal(await read(gone), Status.SERVING);
  const next = read(known);
  const nothing = unknown.next();
  await gone.return?.();
  health.stopServing();
  assert.equal(await next, Status.NOT_SERVING);
  assert.equal((await gone.next()).done, true);
  const late = watch("");
  assert.equal(await read(late), Status.NOT_SERVING);
  for (const stream of [known, unknown, late]) await stream.return?.();
  assert.equal((await nothing).done, true);
});

Deno.test("a watcher that reads nothing is cut off after sixteen changes, not before", async () => {
  for (const [changes, isCutOff] of [[16, false], [17, true]] as const) {
    const { health, watch } = setUp();
    const stream = watch("");
    await read(stream);
    for (let i = 0; i < changes; i++) health.stopServing();
    const next = read(stream);
    if (isCutOff) await assert.rejects(next, /watcher too slow: 17 events/);
    else assert.equal(await next, Status.NOT_SERVING);
  }
});
