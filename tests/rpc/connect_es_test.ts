import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError, createConnectRouter } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import fc from "fast-check";
import assert from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import { BackendInfoSchema, GetBackendRequestSchema, Maglev } from "../../lib/gen/maglev_pb.ts";
import type { GetBackendRequest, WatchRequest } from "../../lib/gen/maglev_pb.ts";
import type { H2Handler } from "../../lib/h2/mod.ts";
import { gzipCompression } from "../../lib/rpc/compression.ts";
import { httpAdapter } from "../../lib/rpc/http_adapter.ts";
import { serverStream, unary } from "../../lib/rpc/rpc.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { anybody } from "./support/callers.ts";
import { ask, type RequestParts, type WholeResponse } from "./support/memory_request.ts";
import { usualRoom } from "./support/roomy.ts";

/** A server of connect-es says what the protocols mean: requests of any kind are answered as it does. */

const limits = { readMaxBytes: 10_000, writeMaxBytes: 5000, compressMinBytes: 100 };
const { getBackend, watchEvents } = Maglev.method;

function info({ name }: GetBackendRequest, { signal }: { readonly signal: AbortSignal }) {
  signal.throwIfAborted();
  if (name === "nope") throw new ConnectError("there is no ü", Code.NotFound);
  return create(BackendInfoSchema, { name: name.repeat(50) });
}

async function* events({ logLevel }: WatchRequest, { signal }: { readonly signal: AbortSignal }) {
  signal.throwIfAborted();
  yield await Promise.resolve(create(watchEvents.output));
  if (logLevel === "nope") throw new ConnectError("there is no ü", Code.NotFound);
  yield create(watchEvents.output);
}

const { http2: ours } = httpAdapter({
  rpcs: [unary(getBackend, info), serverStream(watchEvents, events)],
  ...{ limits, countingOf: usualRoom, clock: systemClock, identify: anybody },
});

const router = createConnectRouter({
  ...limits,
  acceptCompression: [gzipCompression],
  jsonOptions: { ignoreUnknownFields: false },
})
  .rpc(getBackend, info)
  .rpc(watchEvents, events);

const theirs: H2Handler = async ({ path, method, headers, body, signal }) => {
  const url = new URL(path, "http://localhost");
  const handler = router.handlers.find(({ requestPath }) => requestPath === url.pathname);
  const header = new Headers(headers.map(([name, value]): [string, string] => [name, value]));
  const answer = await handler?.(
    { httpVersion: "2.0", url: url.href, method, header, body, signal },
  ) ?? assert.fail(path);
  return {
    status: answer.status,
    headers: [...answer.header ?? []],
    ...answer.body && { body: answer.body },
    trailers: () => [...answer.trailer ?? []],
  };
};

/** What must agree. Texts about what is wrong may differ, and a response may say more of itself. */
function essence({ status, headers, body, trailers }: WholeResponse) {
  if (status === 405 || status === 415) return { status };
  const fields: Record<string, string | undefined> = { ...headers, ...trailers };
  const type = fields["content-type"] ?? "";
  const common = { status, type, code: fields["grpc-status"] };
  if (/^application\/(json|proto)$/.test(type)) {
    const octets = fields["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    if (status === 200) return { ...common, body: [...octets] };
    const { code } = JSON.parse(new TextDecoder().decode(octets));
    return { ...common, error: code };
  }
  const envelopes: unknown[] = [];
  for (let at = 0; at < body.length;) {
    const [flags = 0] = body.subarray(at);
    const length = new DataView(body.buffer).getUint32(at + 1);
    const data = body.subarray(at + 5, at += 5 + length);
    const text = new TextDecoder().decode((flags & 1) !== 0 ? gunzipSync(data) : data);
    // Of what ends a stream only the code counts.
    const code = /grpc-status: \d+|"code":"\w+"/.exec(text)?.[0];
    envelopes.push(flags > 1 ? [flags & ~1, code] : text);
  }
  return { ...common, envelopes };
}

const types = [
  ..."grpc,grpc+proto,grpc+json,grpc-web,grpc-web+proto,grpc-web+json,connect+proto,connect+json"
    .split(","),
  ...["proto", "json", "json; charset=utf-8", "grpc+xml", "grpc; x", "connect+xml", "xml"],
].map((name) => `application/${name}`);

const fields = fc.subarray<readonly [string, string]>([
  ...["grpc-accept-encoding", "accept-encoding", "connect-accept-encoding"]
    .map((name) => [name, "identity, gzip"] as const),
  ...["grpc-encoding", "content-encoding", "connect-content-encoding"].flatMap((name) =>
    ["gzip", "identity", "br"].map((value) => [name, value] as const)
  ),
  ...["10S", "1x", "0n", ""].map((value) => ["grpc-timeout", value] as const),
  ...["10000", "x", "0"].map((value) => ["connect-timeout-ms", value] as const),
], { maxLength: 3 });

const message = fc.oneof(
  fc.tuple(fc.constantFrom("web0", "nope", ""), fc.boolean()).map(([name, binary]) => {
    const request = create(GetBackendRequestSchema, { name });
    if (binary) return toBinary(GetBackendRequestSchema, request);
    return new TextEncoder().encode(toJsonString(GetBackendRequestSchema, request));
  }),
  fc.uint8Array({ maxLength: 12 }),
  fc.constant(new Uint8Array(10_001)),
).chain((octets) => fc.constantFrom(octets, new Uint8Array(gzipSync(octets))));

const envelope = fc.tuple(fc.constantFrom(0, 0, 0, 1, 2, 0x80), message)
  .map(([flags, octets]) => encodeEnvelope(flags, new Uint8Array(octets)));

/** Bodies that end in the middle of an envelope are told apart better than there. */
const framed = fc.oneof(
  { weight: 8, arbitrary: envelope.map((octets) => [octets]) },
  fc.constantFrom([], [encodeEnvelope(0, new Uint8Array()), encodeEnvelope(0, new Uint8Array())]),
);
const unframed = message.map((octets) => [octets]);

const query = fc.record({
  message: message.map((octets) => octets.toBase64({ alphabet: "base64url", omitPadding: true })),
  base64: fc.constantFrom("1", "0"),
  encoding: fc.constantFrom("proto", "json", "xml"),
  compression: fc.constantFrom("gzip", "identity", "br"),
}, { requiredKeys: ["encoding"] }).map((record) => `?${new URLSearchParams(record)}`);

const post: fc.Arbitrary<RequestParts> = fc.constantFrom(...types).chain((type) =>
  fc.record({
    path: fc.constantFrom("GetBackend", "WatchEvents").map((name) => `/maglev.Maglev/${name}`),
    method: fc.constantFrom("POST", "POST", "POST", "POST", "GET", "PUT"),
    headers: fields.map((more) => [["content-type", type] as const, ...more]),
    body: /grpc|connect/.test(type) ? framed : unframed,
  })
);

const get: fc.Arbitrary<RequestParts> = fc.record({
  path: query.map((text) => `/maglev.Maglev/GetBackend${text}`),
  method: fc.constant("GET"),
  headers: fields,
});

Deno.test("requests of every protocol are answered as connect-es does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: post }, get), async (parts) => {
      assert.deepEqual(essence(await ask(ours, parts)), essence(await ask(theirs, parts)));
    }),
    { seed: 20261122, numRuns: 2000 },
  );
});
