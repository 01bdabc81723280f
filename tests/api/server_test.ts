import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import assert from "node:assert/strict";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { settle } from "../support/until.ts";
import { CheckerBed, countListeners } from "./support/checker_bed.ts";
import { type Harness, serve } from "./support/harness.ts";
import { jsonCall, RawClient } from "../rpc/support/raw.ts";

function transport({ address }: Harness) {
  return createConnectTransport({ baseUrl: `http://${address}` });
}

Deno.test("shutting down tells watchers of its health first, and ends all streams at once", async () => {
  const harness = await serve({ limits: { drainMs: 3_600_000, h1: { lingerMs: 50 } } });
  const health = createClient(Health, transport(harness)).watch({ service: "" });
  const events = createClient(Maglev, transport(harness)).watchEvents({ log: false });
  const [statuses, changes] = [health[Symbol.asyncIterator](), events[Symbol.asyncIterator]()];
  const first = await statuses.next();
  assert.equal(first.value?.status, Status.SERVING);
  for (let i = 0; i < 6; i++) assert.equal((await changes.next()).done, false);
  const ended = harness.server.shutdown();
  assert.equal(harness.server.shutdown(), ended);
  const last = await statuses.next();
  assert.equal(last.value?.status, Status.NOT_SERVING);
  for (const stream of [statuses, changes]) {
    await assert.rejects(stream.next(), (error) => {
      assert.ok(error instanceof ConnectError && error.code === Code.Unavailable);
      assert.equal(error.rawMessage, "server shutting down");
      return true;
    });
  }
  await ended;
  assert.equal(harness.log.listeners, 0);
  harness.bed[Symbol.dispose]();
});

Deno.test("shutting down takes a turn of the clock, and tells what was not told", async () => {
  const clock = new FakeClock();
  const harness = await serve({ clock });
  {
    using client = await RawClient.connect(harness.address);
    const attack = jsonCall("ListBackends").replace(/host: .*/, "host: evil.example");
    for (let i = 0; i < 7; i++) {
      await client.send(attack);
      assert.match(await client.text("\r\n0\r\n\r\n"), /^HTTP\/1\.1 403 /);
    }
  }
  const ended = harness.server.shutdown();
  let isOver = false;
  void ended.then(() => isOver = true);
  while (!isOver) {
    clock.advance(0);
    await settle(1);
  }
  assert.equal(harness.log.named("grpc-page-refused").length, 5);
  assert.partialDeepStrictEqual(harness.log.named("log-limited"), [
    { record: "grpc-page-refused", suppressed: 2 },
  ]);
  assert.deepEqual([clock.now(), clock.pending], [0, 0]);
  harness.bed[Symbol.dispose]();
});

Deno.test("a server whose port cannot be had listens to no events", async () => {
  await using harness = await serve();
  using bed = new CheckerBed();
  const listeners = countListeners(bed);
  await assert.rejects(serve({ addr: harness.address }, bed), /another program listens there/);
  assert.equal(listeners(), 0);
});

Deno.test("reflection is served unless it is turned off", async () => {
  for (const [reflection, status] of [[undefined, 505], [true, 505], [false, 404]] as const) {
    await using harness = await serve(reflection === undefined ? {} : { reflection });
    const path = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    const response = await fetch(`http://${harness.address}/${path}`, { method: "POST" });
    await response.body?.cancel();
    assert.equal(response.status, status, String(reflection));
  }
});
