import { create, toBinary } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { Maglev } from "../../lib/gen/maglev_pb.ts";
import type { H2Handler } from "../../lib/h2/mod.ts";
import { HealthService } from "../../lib/rpc/health.ts";
import { httpAdapter } from "../../lib/rpc/http_adapter.ts";
import { defaultMessageLimits } from "../../lib/rpc/limits.ts";
import { usualRoom } from "./support/roomy.ts";
import { memoryRequest } from "./support/memory_request.ts";
import type { RequestParts } from "./support/memory_request.ts";
import { anybody } from "./support/callers.ts";
import { unary } from "../../lib/rpc/rpc.ts";
import { systemClock } from "../../lib/time/mod.ts";

const check = "/grpc.health.v1.Health/Check";
const json = [["content-type", "application/json"]] as const;
const grpc = [["content-type", "application/grpc"]] as const;
const body = [new TextEncoder().encode("{}")];

function setUp() {
  return httpAdapter({
    rpcs: new HealthService([""]).rpcs(),
    limits: defaultMessageLimits,
    countingOf: usualRoom,
    identify: anybody,
    clock: systemClock,
  });
}

/** Status, type and text of an answer. */
async function ask(handler: H2Handler, parts: RequestParts, authority = "test") {
  const response = await handler({ ...memoryRequest(parts), authority });
  let text = "";
  for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk);
  return { status: response.status, headers: Object.fromEntries(response.headers), text };
}

Deno.test("a call in JSON is answered over both versions, whatever it calls this host", async () => {
  const { http1, http2 } = setUp();
  for (const handler of [http1, http2]) {
    for (const authority of ["a", "", "[", "a b", "@:x"]) {
      const { status, text } = await ask(handler, { path: check, headers: json, body }, authority);
      assert.deepEqual([status, text], [200, `{"status":"SERVING"}`], authority);
    }
    assert.equal((await ask(handler, { path: `${check}?x=y`, headers: json, body })).status, 200);
  }
});

Deno.test("gRPC is sent to HTTP/2, where its trailers are", async () => {
  const { http1, http2 } = setUp();
  const { status, text } = await ask(http1, { path: check, headers: grpc });
  assert.deepEqual([status, text], [505, "this RPC needs HTTP/2\n"]);
  assert.equal((await ask(http2, { path: check, headers: grpc })).status, 200);
  const web = [["content-type", "application/grpc-web+proto"]] as const;
  assert.equal((await ask(http1, { path: check, headers: web })).status, 200);
});

Deno.test("what is no RPC is said so, to gRPC clients in their own words", async () => {
  for (const handler of Object.values(setUp())) {
    const unknown = await ask(handler, { path: "/nope?x", headers: grpc });
    assert.equal(unknown.status, 200);
    assert.equal(unknown.headers["grpc-status"], "12");
    assert.equal(unknown.headers["grpc-message"], "unknown%20method%20%2Fnope");
    const other = await ask(handler, { path: "/nope", headers: json, body });
    assert.equal(other.status, 404);
    assert.equal((await ask(handler, { path: check, method: "GET", headers: [] })).status, 405);
  }
});

Deno.test("a request that Connect has no words for is refused in ours", async () => {
  for (const handler of Object.values(setUp())) {
    const type = await ask(handler, { path: check, headers: [["content-type", "text/x"]], body });
    assert.deepEqual([type.status, type.headers["accept-post"]?.split(",").length], [415, 5]);
    assert.match(type.text, /^not a content type of gRPC, gRPC-Web or Connect\n$/);
    const method = await ask(handler, { path: check, method: "PUT", headers: json, body });
    assert.deepEqual([method.status, method.headers.allow], [405, "POST"]);
    assert.equal(method.text, "RPCs are called with POST\n");
    const malformed = await ask(handler, {
      path: check,
      headers: json,
      body: [new TextEncoder().encode("{")],
    });
    assert.deepEqual(
      [malformed.status, malformed.headers["content-type"]],
      [400, "application/json"],
    );
    assert.match(malformed.text, /invalid_argument/);
  }
});

Deno.test("a stream's messages come in envelopes, however they are cut", async () => {
  const { http1 } = setUp();
  const envelope = Uint8Array.of(0, 0, 0, 0, 2, 0x7b, 0x7d);
  const { status, headers, body } = await http1(memoryRequest({
    path: "/grpc.health.v1.Health/Watch",
    headers: [["content-type", "application/connect+json"]],
    body: [envelope.subarray(0, 3), envelope.subarray(3)],
  }));
  assert.equal(status, 200);
  assert.equal(Object.fromEntries(headers)["content-type"], "application/connect+json");
  const messages = body?.[Symbol.asyncIterator]();
  const { value } = await messages?.next() ?? {};
  assert.match(new TextDecoder().decode(value), /\{"status":"SERVING"\}$/);
  await messages?.return?.();
});

Deno.test("the body of a request that is refused is read up to a limit, and gRPC's is not", async () => {
  const { http1 } = setUp();
  const refused = async (headers: RequestParts["headers"], octets: number) => {
    let read = 0;
    async function* chunks() {
      for (; read < octets; read++) yield await Promise.resolve(new Uint8Array(1024));
    }
    const request = {
      ...memoryRequest({ path: "/nope", ...headers && { headers } }),
      body: chunks(),
    };
    await http1(request);
    return read;
  };
  assert.equal(await refused(json, 10), 10);
  assert.equal(await refused(json, 1000), 64);
  assert.equal(await refused(grpc, 10), 0);
});

Deno.test("who names an encoding that is not known is told those that are", async () => {
  const { http2 } = setUp();
  const message = Uint8Array.of(0, 0, 0, 0, 0);
  for (
    const [type, name, path] of [
      ["grpc", "grpc-", check],
      ["grpc-web-text", "grpc-", check],
      ["connect+proto", "connect-content-", "/grpc.health.v1.Health/Watch"],
      ["json", "content-", check],
    ] as const
  ) {
    const { status, headers, text } = await ask(http2, {
      path,
      headers: [["content-type", `application/${type}`], [`${name}encoding`, "br"]],
      body: [message],
    });
    assert.equal(status, type === "json" ? 501 : 200);
    const answer = name === "connect-content-" ? "connect-" : name.replace("content-", "");
    assert.equal(headers[`${answer}accept-encoding`], "gzip", type);
    if (!type.startsWith("grpc")) assert.match(text, /"unimplemented"/);
  }
});

Deno.test("a GET names one of two encodings, and nothing else", async () => {
  const clock = systemClock;
  const { getBackend } = Maglev.method;
  const rpcs = [unary(getBackend, ({ name }) => create(getBackend.output, { name }))];
  const { http1 } = httpAdapter({
    ...{ rpcs, limits: defaultMessageLimits, countingOf: usualRoom, identify: anybody, clock },
  });
  const get = async (query: string) => {
    const path = `/maglev.Maglev/GetBackend?${query}`;
    return (await ask(http1, { path, method: "GET", headers: [] })).status;
  };
  assert.equal(await get("connect=v1&encoding=json&message=%7B%7D"), 200);
  const message = toBinary(getBackend.input, create(getBackend.input, { name: "o?>~o?~" }));
  for (const alphabet of ["base64", "base64url"] as const) {
    for (const omitPadding of [true, false]) {
      const base64 = message.toBase64({ alphabet, omitPadding });
      const query = `base64=1&encoding=proto&message=${encodeURIComponent(base64)}`;
      assert.equal(await get(query), 200, base64);
    }
  }
  for (const encoding of ["", "connect%2Bjson", "json%3Bcharset=utf-8", "x"]) {
    assert.equal(await get(`encoding=${encoding}&message=%7B%7D`), 415, encoding);
  }
});
