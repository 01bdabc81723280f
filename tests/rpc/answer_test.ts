import { create, fromBinary, fromJsonString } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import {
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { Answer, answerOf } from "../../lib/rpc/answer.ts";

const schema = HealthCheckResponseSchema;
const message = create(schema, { status: Status.SERVING });

function read({ message: octets }: Answer, binary: boolean) {
  return binary ? fromBinary(schema, octets) : fromJsonString(schema, text(octets));
}

const text = (octets: Uint8Array) => new TextDecoder().decode(octets);

Deno.test("an answer has its message in an envelope, plain and compressed, each made once", async () => {
  const answer = new Answer(new Uint8Array([7, 8, 9]));
  assert.deepEqual([...answer.envelope], [0, 0, 0, 0, 3, 7, 8, 9]);
  assert.deepEqual([[...answer.message], answer.length], [[7, 8, 9], 3]);
  assert.equal(answer.message.buffer, answer.envelope.buffer, "it is there once");
  const gzipped = await answer.gzipped();
  assert.equal(gzipped[0], 1);
  assert.equal(new DataView(gzipped.buffer).getUint32(1), gzipped.length - 5);
  assert.deepEqual([...gunzipSync(gzipped.subarray(5))], [7, 8, 9]);
  assert.equal(await answer.gzipped(), gzipped);
});

Deno.test("a reply is written as its call has it, unless it is written", () => {
  for (const binary of [true, false]) {
    assert.deepEqual(read(answerOf(schema, message, binary), binary), message);
    const written = new Answer(new Uint8Array());
    assert.equal(answerOf(schema, written, binary), written);
  }
});
