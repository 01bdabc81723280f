import assert from "node:assert/strict";
import { rpcMethods } from "../../lib/rpc/mod.ts";

Deno.test("every method served is listed, with how it streams", () => {
  const methods = rpcMethods({ reflection: true }).map(({ service, method, type }) =>
    `${service}/${method} ${type}`
  );
  assert.equal(methods.length, 20 + 2 + 2);
  assert.ok(methods.includes("maglev.Maglev/GetBackend unary"));
  assert.ok(methods.includes("maglev.Maglev/WatchEvents server_stream"));
  assert.ok(methods.includes("grpc.health.v1.Health/Watch server_stream"));
  assert.ok(
    methods.includes("grpc.reflection.v1.ServerReflection/ServerReflectionInfo bidi_stream"),
  );
});

Deno.test("without reflection its methods are not listed", () => {
  const services = rpcMethods({ reflection: false }).map(({ service }) => service);
  assert.deepEqual([...new Set(services)], ["grpc.health.v1.Health", "maglev.Maglev"]);
});
