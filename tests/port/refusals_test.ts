import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import {
  answerOf,
  http2Needed,
  overloaded,
  refuse,
  refused,
  shortened,
  unknownPath,
  unknownType,
  wrongMethod,
} from "../../lib/port/refusals.ts";
import { protocolOf } from "../../lib/port/request_fields.ts";
import { memoryRequest } from "../rpc/support/memory_request.ts";

const plainText = ["content-type", "text/plain; charset=utf-8"] as const;

Deno.test("a content type tells the protocol, in any case", () => {
  const table: [type: string, protocol: string][] = [
    ["application/grpc", "grpc"],
    ["Application/GRPC+proto", "grpc"],
    ["application/grpc+json", "grpc"],
    ["application/grpc;charset=x", "grpc"],
    ["application/grpc-web", "grpc-web"],
    ["application/GRPC-Web+proto", "grpc-web"],
    ["application/grpc-web-text", "grpc-web"],
    ["application/connect+json", "connect-stream"],
    ["application/connect", "connect"],
    ["application/json", "connect"],
    ["text/plain, application/grpc", "connect"],
    ["", "connect"],
  ];
  for (const [type, protocol] of table) assert.equal(protocolOf(type), protocol, type);
});

Deno.test("a path that is no RPC is a status for gRPC, and a 404 for all others", () => {
  const table: [type: string, shown: string][] = [
    ["application/grpc+proto", "application/grpc"],
    ["application/grpc-web+proto", "application/grpc-web"],
    ["application/grpc-web-text+proto", "application/grpc-web-text"],
    ["application/grpc-web-text", "application/grpc-web-text"],
  ];
  for (const [type, shown] of table) {
    assert.deepEqual(unknownPath("/a b", type), {
      status: 200,
      headers: [
        ["content-type", shown],
        ["grpc-status", String(Code.Unimplemented)],
        ["grpc-message", "unknown%20method%20%2Fa%20b"],
      ],
      text: "",
    });
  }
  for (const type of ["application/json", "application/connect+json", ""]) {
    assert.deepEqual(unknownPath("/a", type), {
      status: 404,
      headers: [plainText],
      text: "not found: this port speaks gRPC, gRPC-Web and Connect\n",
    });
  }
  const long = unknownPath(`/${"x".repeat(10_000)}`, "application/grpc").headers[2]?.[1] ?? "";
  assert.ok(long.length < 300);
});

Deno.test("who calls by a method that an RPC does not take hears of those that it does", () => {
  assert.deepEqual(wrongMethod(true), {
    status: 405,
    headers: [plainText, ["allow", "GET, POST"]],
    text: "this RPC is called with POST or GET\n",
  });
});

Deno.test("what Connect refuses without words has some", () => {
  const types = "application/grpc, application/grpc-web, application/grpc-web-text, " +
    "application/proto, application/json";
  assert.deepEqual([wrongMethod(false), unknownType, http2Needed], [
    { status: 405, headers: [plainText, ["allow", "POST"]], text: "RPCs are called with POST\n" },
    {
      status: 415,
      headers: [plainText, ["accept-post", types]],
      text: "not a content type of gRPC, gRPC-Web or Connect\n",
    },
    { status: 505, headers: [plainText], text: "this RPC needs HTTP/2\n" },
  ]);
});

Deno.test("whoever is refused before being looked at hears it in the words of the protocol", () => {
  const table = [
    ["permission_denied", Code.PermissionDenied, 403],
    ["resource_exhausted", Code.ResourceExhausted, 429],
  ] as const;
  for (const [code, grpc, status] of table) {
    for (const type of ["application/grpc", "application/grpc-web"]) {
      assert.deepEqual(refused(code, "no, no", type), {
        status: 200,
        headers: [
          ["content-type", type],
          ["grpc-status", String(grpc)],
          ["grpc-message", "no%2C%20no"],
        ],
        text: "",
      });
    }
    assert.deepEqual(refused(code, "no", ""), { status, headers: [plainText], text: "no\n" });
    for (const type of ["application/json", "application/connect+proto", "text/plain"]) {
      assert.deepEqual(refused(code, "no", type), {
        status,
        headers: [["content-type", "application/json"]],
        text: `{"code":"${code}","message":"no"}`,
      });
    }
  }
});

Deno.test("a refusal with a text has a body, one without has none", async () => {
  const { status, headers, body } = answerOf({ status: 499, headers: [plainText], text: "no\n" });
  assert.deepEqual([status, headers], [499, [plainText]]);
  const parts = await Array.fromAsync(body ?? []);
  assert.deepEqual(parts.map((part) => new TextDecoder().decode(part)), ["no\n"]);
  assert.equal(answerOf({ status: 499, headers: [], text: "" }).body, undefined);
});

Deno.test("of a body that nobody wants so much is read, and no more", async () => {
  const read = async (type: string, ...sizes: number[]) => {
    let count = 0;
    const body = async function* () {
      for (const size of sizes) {
        count++;
        yield await Promise.resolve(new Uint8Array(size));
      }
    };
    const request = memoryRequest({ path: "/", headers: [["content-type", type]] });
    await refuse(unknownType, { ...request, body: body() });
    return count;
  };
  assert.equal(await read("text/plain", 65_536, 0, 0), 3);
  assert.equal(await read("text/plain", 65_536, 1, 0), 2);
  assert.equal(await read("application/grpc", 1, 1), 0, "a call may never end");
});

Deno.test("one request too many is told so by its own content type", () => {
  const of = (type: string) =>
    overloaded("full", memoryRequest({ path: "/", headers: [["content-type", type]] })).status;
  assert.deepEqual([of("application/json"), of("application/grpc")], [429, 200]);
});

Deno.test("of a long word of a client's the beginning is repeated, and a mark for the rest", () => {
  assert.equal(shortened("x".repeat(200)), "x".repeat(200));
  assert.equal(shortened(`a${"x".repeat(200)}`), `a${"x".repeat(199)}…`);
  assert.equal(shortened(`${"x".repeat(199)}🧲y`, "-"), `${"x".repeat(199)}\ufffd-`);
});
