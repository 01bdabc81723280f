import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import { apiMethods } from "../../lib/api/mod.ts";

Deno.test("every method served is listed, with how it streams", () => {
  const methods = apiMethods({ reflection: true }).map(({ service, method, type }) =>
    `${service}/${method} ${type}`
  );
  assert.equal(methods.length, 23 + 2 + 2);
  assert.ok(methods.includes("maglev.Maglev/GetBackend unary"));
  assert.ok(methods.includes("maglev.Maglev/WatchEvents server_stream"));
  assert.ok(methods.includes("grpc.health.v1.Health/Watch server_stream"));
  assert.ok(
    methods.includes("grpc.reflection.v1.ServerReflection/ServerReflectionInfo bidi_stream"),
  );
});

Deno.test("without reflection its methods are not listed", () => {
  const services = apiMethods({ reflection: false }).map(({ service }) => service);
  assert.deepEqual([...new Set(services)], ["grpc.health.v1.Health", "maglev.Maglev"]);
});

Deno.test("what only reads is marked as such, and nothing else is", () => {
  const marked = Maglev.methods
    .filter(({ idempotency }) => idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS)
    .map(({ name }) => name);
  const reading = Maglev.methods.map(({ name }) => name)
    .filter((name) => /^(List|Get|Plan|Check)/.test(name));
  assert.deepEqual(marked, reading);
  assert.equal(reading.length, 13);
});
