import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import type { Principal } from "../../lib/access/mod.ts";
import { Health, HealthCheckResponseSchema } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { FailedLogins } from "../../lib/port/failed_logins.ts";
import { instrumented } from "../../lib/rpc/call.ts";
import { serverStream } from "../../lib/rpc/rpc.ts";
import { StreamRegistry } from "../../lib/rpc/streams.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { FakeObserver } from "../api/support/harness.ts";
import { FakeLog } from "../port/support/fake_log.ts";
import { operatorAt, unread } from "./support/callers.ts";

const { watch } = Health.method;

/** Streams without end, of callers whose right to them ends when a test says so. */
class Bed {
  readonly clock = new FakeClock();
  readonly streams = new StreamRegistry(this.clock);
  readonly ended = new Set<string>();
  readonly #endless = instrumented(
    serverStream(watch, async function* () {
      yield await Promise.resolve(create(HealthCheckResponseSchema));
      await new Promise(() => {});
    }),
    {
      ...{ clock: this.clock, streams: this.streams, audit: unread(), log: new FakeLog() },
      ...{ observer: new FakeObserver(), failures: new FailedLogins(this.clock) },
    },
  );

  /** Opens one; resolves, to why it ends, when it does. */
  async follow(name: string, method: "certificate" | "token"): Promise<{ end: Promise<Code> }> {
    const now = (): Principal => ({
      ...{ ...operatorAt(), name, method, now },
      role: this.ended.has(name) ? "none" : "view",
    });
    assert.ok(this.#endless.kind === "stream");
    const context = { signal: new AbortController().signal, principal: now(), binary: true };
    const replies = this.#endless.call(create(watch.input), context)[Symbol.asyncIterator]();
    await replies.next();
    const end = replies.next().then(
      () => assert.fail("there is more"),
      (error) => error instanceof ConnectError ? error.code : assert.fail(String(error)),
    );
    return { end };
  }
}

Deno.test("a stream ends with the certificate that it was opened with, and no other does", async () => {
  const bed = new Bed();
  const ada = await bed.follow("ada", "certificate");
  const otto = await bed.follow("otto", "certificate");
  const { end } = await bed.follow("script", "token");
  bed.ended.add("ada").add("script");
  bed.clock.advance(999);
  assert.equal(bed.streams.size, 3);
  bed.clock.advance(1);
  assert.equal(await ada.end, Code.Unauthenticated);
  assert.equal(bed.streams.size, 2);
  bed.ended.add("otto");
  bed.clock.advance(1_000);
  assert.equal(await otto.end, Code.Unauthenticated);
  // That a token is no more, a reload tells: nobody looks.
  assert.deepEqual([bed.streams.size, bed.clock.pending], [1, 0]);
  bed.streams.review();
  assert.equal(await end, Code.Unauthenticated);
});
