import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { answerMeter } from "../../lib/cli/answer_meter.ts";
import { connectTo } from "../../lib/cli/client.ts";
import { within } from "../support/deadline.ts";
import { linesAt } from "./support/one_shot.ts";

const most = 32 * 1024 * 1024;
const mib = new Uint8Array(1024 * 1024);

function isTooLong(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.ResourceExhausted;
}

/** What stands before a message of so many octets. */
function header(length: number, flags = 0): Uint8Array {
  const octets = new Uint8Array([flags, 0, 0, 0, 0]);
  new DataView(octets.buffer).setUint32(1, length);
  return octets;
}

Deno.test("an answer without framing has as many octets as the longest message", () => {
  const meter = answerMeter("application/proto");
  for (let n = 0; n < 32; n++) meter(mib);
  assert.throws(() => meter(new Uint8Array(1)), isTooLong);
});

Deno.test("a stream goes on for ever, of messages that are no longer, in whatever pieces", () => {
  for (const type of ["application/connect+proto", "application/grpc", "application/GRPC+proto"]) {
    const meter = answerMeter(type);
    for (let n = 0; n < 3; n++) {
      meter(header(most, 255));
      for (let n = 0; n < 32; n++) meter(mib);
    }
    // Octet by octet, two messages in one piece, and none.
    for (const octet of header(2, 2)) meter(new Uint8Array([octet]));
    meter(new Uint8Array([7, 7, ...header(0), ...header(1), 7, ...header(3).subarray(0, 4)]));
    meter(new Uint8Array());
    meter(new Uint8Array([3, 7, 7, 7]));
    assert.throws(() => meter(header(most + 1, 255)), isTooLong);
    assert.throws(() => answerMeter(type)(header(2 ** 32 - 1)), isTooLong);
  }
});

Deno.test("who answers without end is left, and what it does is said", async () => {
  const left: Promise<void>[] = [];
  const endless = (begins: Uint8Array<ArrayBuffer>) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    left.push(promise);
    return new ReadableStream({
      start: (controller) => controller.enqueue(begins),
      pull: (controller) => controller.enqueue(mib),
      cancel: () => resolve(),
    });
  };
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) => {
      const isStream = url.endsWith("/WatchEvents");
      const type = isStream ? "application/connect+proto" : "application/proto";
      const body = endless(new Uint8Array([0, 255, 255, 255, 255]));
      return new Response(body, { headers: { "content-type": type } });
    },
  );
  const address = `127.0.0.1:${server.addr.port}`;
  const { code, said } = await linesAt(address, "show healthchecks");
  assert.deepEqual([code, said], [1, ["error: it answers with more than 32 MiB"]]);
  using connection = connectTo(address);
  const events = connection.client.watchEvents({}, { timeoutMs: 0 });
  await assert.rejects(async () => await Array.fromAsync(events), isTooLong);
  assert.equal(left.length, 2);
  await within(10_000, "to be left", Promise.all(left));
});
