import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
} from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { FailedLogins } from "../../lib/port/failed_logins.ts";
import { guarded } from "../../lib/rpc/guard.ts";
import { type CallContext, serverStream, unary } from "../../lib/rpc/rpc.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { operatorAt, unread } from "./support/callers.ts";

const request = create(HealthCheckRequestSchema);

/** Both kinds of call, guarded, for somebody. */
function bed(who: { readonly isFailure?: boolean }) {
  const clock = new FakeClock();
  const deps = { audit: unread(), failures: new FailedLogins(clock) };
  const context: CallContext = {
    signal: new AbortController().signal,
    principal: { ...operatorAt("192.0.2.1"), role: "none", ...who },
    binary: true,
  };
  const answered = () => create(HealthCheckResponseSchema);
  const call = guarded(unary(Health.method.check, answered), deps);
  const stream = guarded(
    serverStream(Health.method.watch, async function* () {
      yield await Promise.resolve(answered());
    }),
    deps,
  );
  assert.ok(call.kind === "unary" && stream.kind === "stream");
  return {
    clock,
    // Inside a promise, whether it throws at once or later.
    calls: [
      async () => void await call.call(request, context),
      async () => void await stream.call(request, context)[Symbol.asyncIterator]().next(),
    ],
  };
}

/** Milliseconds until a call is refused. */
async function refusedAfter(call: () => Promise<void>, clock: FakeClock): Promise<number> {
  const began = clock.now();
  const refused = assert.rejects(
    call,
    (error) => error instanceof ConnectError && error.code === Code.Unauthenticated,
  ).then(() => clock.now() - began);
  for (let turn = 0; turn < 20; turn++) await clock.advanceAsync(0);
  while (clock.pending > 0) await clock.advanceAsync(10);
  return await refused;
}

Deno.test("who has shown something wrong waits for the answer, and others do not", async () => {
  const { clock, calls } = bed({ isFailure: true });
  const waits = [];
  for (const call of [...calls, ...calls]) waits.push(await refusedAfter(call, clock));
  assert.deepEqual(waits, [100, 200, 400, 800]);
  const stranger = bed({});
  for (const call of stranger.calls) assert.equal(await refusedAfter(call, stranger.clock), 0);
});
