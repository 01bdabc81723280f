import assert from "node:assert/strict";
import type { H2Field } from "../../lib/h2/mod.ts";
import { plainGrpcHeader } from "../../lib/rpc/grpc_direct.ts";
import { memoryRequest } from "./memory_request.ts";

const type: H2Field = ["content-type", "application/grpc"];

function read(method: string, ...headers: readonly H2Field[]) {
  return plainGrpcHeader(memoryRequest({ path: "/", method, headers }));
}

Deno.test("a plain call is told by its header, with its deadline and whether it takes gzip", () => {
  const accept = (...values: string[]) =>
    values.map((value): H2Field => ["grpc-accept-encoding", value]);
  const table: [headers: H2Field[], timeout: string | null, gzip: boolean][] = [
    [[type], null, false],
    [[["content-type", "application/grpc+proto"]], null, false],
    [[type, type], null, false],
    [[type, ["grpc-encoding", "identity"]], null, false],
    [[type, ["grpc-timeout", "10S"]], "10S", false],
    [[["grpc-timeout", ""], type], "", false],
    [[type, ...accept("gzip")], null, true],
    [[type, ...accept("identity, gzip ,br")], null, true],
    [[type, ...accept("gzip", "identity")], null, true],
    [[type, ...accept("identity", "gzip")], null, true],
    [[type, ...accept("identity,xgzip", "gzipx")], null, false],
    [[type, ["accept-encoding", "gzip"], ["te", "trailers"]], null, false],
  ];
  for (const [headers, timeout, gzip] of table) {
    assert.deepEqual(read("POST", ...headers), { timeout, gzip }, JSON.stringify(headers));
  }
});

Deno.test("whatever else comes is for Connect's handlers to judge", () => {
  const table: [method: string, ...headers: H2Field[]][] = [
    ["POST"],
    ["POST", ["te", "trailers"]],
    ["GET", type],
    ["POST", ["content-type", "application/grpc+json"]],
    ["POST", ["content-type", "application/grpc-web"]],
    ["POST", type, ["content-type", "application/grpc+json"]],
    ["POST", type, ["grpc-encoding", "gzip"]],
    ["POST", type, ["grpc-encoding", "identity"], ["grpc-encoding", "br"]],
    ["POST", type, ["grpc-timeout", "1S"], ["grpc-timeout", "1S"]],
    ["POST", type, ["grpc-timeout", ""], ["grpc-timeout", "1S"]],
  ];
  for (const [method, ...headers] of table) {
    assert.equal(read(method, ...headers), undefined, JSON.stringify([method, ...headers]));
  }
});
