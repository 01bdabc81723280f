import type { DescMethod, MessageInitShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { Maglev, SetWeightRequestSchema } from "../../lib/gen/maglev_pb.ts";
import { Health } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { unary as unaryRow } from "../../lib/rpc/rpc.ts";
import { ApiBed } from "../api/support/api_bed.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { call, readMessages, requestOf, type Way, ways } from "./support/ways.ts";

const { getBackend, listBackends, setFrontendPoolBackendWeight, watchEvents } = Maglev.method;
const unary = ways.filter((way) => way.unary);
const jsonWays = ways.filter((way) => way.json);
const limit = 65_536;

function written<M extends DescMethod>(
  way: Way,
  method: M,
  request: MessageInitShape<M["input"]>,
): Uint8Array {
  const message = create(method.input, request);
  if (!way.json) return toBinary(method.input, message);
  return new TextEncoder().encode(toJsonString(method.input, message));
}

function weightOf({ bed }: ApiBed): number | undefined {
  return bed.checker.frontend("www")?.config.pools[0]?.backends[0]?.weight;
}

/** A request for a backend whose name makes it `octets` long. */
function sized(way: Way, octets: number): Uint8Array {
  const empty = written(way, getBackend, { name: "x".repeat(100_000) }).length - 100_000;
  const request = written(way, getBackend, { name: "x".repeat(octets - empty) });
  assert.equal(request.length, octets);
  return request;
}

Deno.test("every protocol carries a call, its answer and its status", async () => {
  using api = new ApiBed();
  for (const way of unary) {
    for (const gzip of [false, true]) {
      const good = await call(
        api.handlers,
        way,
        getBackend,
        written(way, getBackend, { name: "web1" }),
        { gzip },
      );
      assert.equal(good.code, 0, `${way.name}: ${good.text}`);
      const [answer] = readMessages(way, getBackend, good);
      assert.partialDeepStrictEqual(answer, { name: "web1" });
      const bad = await call(
        api.handlers,
        way,
        getBackend,
        written(way, getBackend, { name: "ü" }),
        { gzip },
      );
      assert.deepEqual([bad.code, bad.text], [Code.NotFound, 'backend "ü" not found'], way.name);
    }
  }
  assert.deepEqual([api.room.requests.used, api.room.answers.used], [0, 0]);
});

Deno.test("a request has 64 KiB, in every protocol, compressed or not", async () => {
  using api = new ApiBed();
  const said =
    /^message (of 65537 bytes )?is larger than (the limit of 65536|65536 bytes once decompressed)$/;
  for (const way of unary) {
    for (const gzip of [false, true]) {
      const fits = await call(api.handlers, way, getBackend, sized(way, limit), { gzip });
      assert.equal(fits.code, Code.NotFound, way.name);
      const large = await call(api.handlers, way, getBackend, sized(way, limit + 1), { gzip });
      assert.equal(large.code, Code.ResourceExhausted, way.name);
      assert.match(large.text, said, way.name);
    }
  }
  assert.equal(api.room.requests.used, 0);
});

Deno.test("the request of a stream has 64 KiB as well", async () => {
  using api = new ApiBed();
  for (const way of ways.filter((way) => way.stream)) {
    const request = written(way, watchEvents, { since: { streamId: "x".repeat(limit) } });
    for (const gzip of [false, true]) {
      const { code } = await call(api.handlers, way, watchEvents, request, { gzip });
      assert.equal(code, Code.ResourceExhausted, way.name);
    }
  }
  assert.deepEqual([api.room.requests.used, api.watching.watchers.used], [0, 0]);
});

Deno.test("a bomb is stopped at the limit", async () => {
  using api = new ApiBed();
  for (const way of unary) {
    const bomb = new Uint8Array(50_000_000).fill(32);
    const { code, text } = await call(api.handlers, way, getBackend, bomb, { gzip: true });
    assert.equal(code, Code.ResourceExhausted, way.name);
    assert.match(text, /65536/, way.name);
  }
});

Deno.test("fields of newer clients are skipped, and not kept", async () => {
  const seen: number[] = [];
  const { check } = Health.method;
  const row = unaryRow(check, (request) => {
    seen.push(request.$unknown?.length ?? 0);
    return create(check.output);
  });
  using api = new ApiBed(new CheckerBed(), {}, [row]);
  const octets = new Uint8Array(60_000);
  for (let at = 0; at < octets.length; at += 2) octets.set([0x78, 1], at);
  const binary = unary.filter((way) => !way.json);
  for (const way of binary) {
    for (const gzip of [false, true]) {
      const { code, text } = await call(api.handlers, way, check, octets, { gzip });
      assert.equal(code, 0, `${way.name}: ${text}`);
    }
  }
  assert.deepEqual(seen, Array(2 * binary.length).fill(0));
});

Deno.test("JSON with a field that there is not is refused, with the nearest one", async () => {
  using api = new ApiBed();
  const typo = `{"frontend":"www","pool":"primary","backend":"web0","wieght":50}`;
  for (const way of jsonWays.filter((way) => way.unary)) {
    for (const gzip of [false, true]) {
      const octets = new TextEncoder().encode(typo);
      const { code, text } = await call(
        api.handlers,
        way,
        setFrontendPoolBackendWeight,
        octets,
        { gzip },
      );
      assert.deepEqual([code, text], [
        Code.InvalidArgument,
        `unknown field "wieght"; did you mean "weight"?`,
      ], way.name);
    }
  }
  for (const way of jsonWays.filter((way) => way.stream)) {
    const octets = new TextEncoder().encode(`{"since":{"stream":"x"}}`);
    const { code, text } = await call(api.handlers, way, watchEvents, octets);
    assert.deepEqual(
      [code, text],
      [Code.InvalidArgument, `unknown field "since.stream"; did you mean "streamId"?`],
      way.name,
    );
  }
  assert.equal(weightOf(api), 100);
});

Deno.test("a GET with a field that there is not is refused as well", async () => {
  using api = new ApiBed();
  const message = encodeURIComponent(`{"detials":true}`);
  const path = `/maglev.Maglev/ListBackends?encoding=json&message=${message}`;
  const { status, body } = await api.handlers.http1({
    ...requestOf(unary[0] ?? assert.fail(), listBackends, new Uint8Array()),
    ...{ method: "GET", path, headers: [] },
  });
  assert.equal(status, 400);
  const parts = await Array.fromAsync(body ?? []);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(parts[0])), {
    code: "invalid_argument",
    message: `unknown field "detials"; did you mean "details"?`,
  });
});

Deno.test("a weight that is not given is 0, in JSON as in protobuf", async () => {
  using api = new ApiBed();
  for (const way of unary) {
    const request = { frontend: "www", pool: "primary", backend: "web0" };
    const octets = written(
      way,
      setFrontendPoolBackendWeight,
      create(SetWeightRequestSchema, request),
    );
    const outcome = await call(api.handlers, way, setFrontendPoolBackendWeight, octets);
    assert.equal(outcome.code, 0, way.name);
    assert.equal(weightOf(api), 0);
  }
});

Deno.test("a long name is repeated in part, and no status is longer than a header", async () => {
  using api = new ApiBed();
  const { pauseBackend, listEvents } = Maglev.method;
  for (const way of unary) {
    for (const name of ["x".repeat(60_000), "ü".repeat(10_000), "\u{1f600}".repeat(10_000)]) {
      const shown = Array.from(name).slice(0, 100).join("");
      for (const method of [getBackend, pauseBackend]) {
        const outcome = await call(api.handlers, way, method, written(way, method, { name }));
        const { text } = outcome;
        assert.ok(text.includes(shown) && text.includes("…"), way.name);
        assert.ok(text.length < 300, `${way.name}: ${text.length}`);
        assert.ok(text.isWellFormed(), way.name);
      }
      const outcome = await call(
        api.handlers,
        way,
        listEvents,
        written(way, listEvents, { kinds: [name] }),
      );
      assert.match(outcome.text, /^kind "[^]*…" is not /);
    }
  }
});

Deno.test("a long field is repeated in part", async () => {
  using api = new ApiBed();
  for (const way of ways) {
    const fields = [
      way.encoding,
      ...way.type.includes("grpc") ? ["grpc-timeout"] : ["connect-timeout-ms"],
    ];
    for (const field of fields) {
      const method = way.unary ? getBackend : watchEvents;
      const request = requestOf(way, method, written(way, method, {}));
      const headers = [...request.headers, [field, "9".repeat(15_000)] as const];
      const { headers: fieldsOut, body, trailers } = await api.handlers[way.version]({
        ...request,
        headers,
      });
      const parts = await Array.fromAsync(body ?? []);
      const octets = parts.reduce((sum, { length }) => sum + length, 0);
      const said = JSON.stringify([...fieldsOut, ...trailers?.() ?? []]).length;
      assert.ok(octets + said < 5000, `${way.name} ${field}: ${octets} and ${said}`);
    }
  }
  const path = `/maglev.Maglev/ListBackends?encoding=json&message=%7b%7d&compression=${
    "x".repeat(15_000)
  }`;
  const { body } = await api.handlers.http2({
    ...requestOf(ways[0] ?? assert.fail(), listBackends, new Uint8Array()),
    ...{ method: "GET", path, headers: [] },
  });
  const [answer = new Uint8Array()] = await Array.fromAsync(body ?? []);
  assert.match(new TextDecoder().decode(answer), /unknown compression \W*x/);
  assert.ok(answer.length < 2000, `${answer.length}`);
});

Deno.test("base64 that is none, or ends in the middle, has a status of gRPC-Web", async () => {
  using api = new ApiBed();
  const way = ways.find(({ framing }) => framing === "text") ?? assert.fail();
  const good = requestOf(way, getBackend, written(way, getBackend, { name: "web1" }));
  const text = new TextDecoder().decode((await Array.fromAsync(good.body))[0]);
  for (const body of ["AAAAAAA", "AAAA????", "AA==A", `${text}A`]) {
    const { status, headers, body: answer } = await api.handlers.http1({
      ...requestOf(way, getBackend, new Uint8Array()),
      body: (async function* () {
        yield await Promise.resolve(new TextEncoder().encode(body));
      })(),
    });
    const parts = (await Array.fromAsync(answer ?? [])).map((part) =>
      new TextDecoder().decode(part)
    );
    const text = new TextDecoder().decode(Uint8Array.fromBase64(parts.join("")));
    assert.equal(status, 200);
    assert.deepEqual(new Map(headers).get("content-type"), "application/grpc-web-text+proto");
    assert.match(text, /grpc-status: 3\r\n/, body);
    assert.match(text, /grpc-message: (the%20request%20is%20not%20base64|protocol)/, body);
  }
});

Deno.test("base64 may come in any pieces, padded anywhere, and goes out in pieces", async () => {
  using api = new ApiBed();
  const way = ways.find(({ framing }) => framing === "text") ?? assert.fail();
  const request = requestOf(way, getBackend, written(way, getBackend, { name: "web1" }));
  const envelope = Uint8Array.fromBase64(
    new TextDecoder().decode((await Array.fromAsync(request.body))[0]),
  );
  const padded = Array.from(envelope, (octet) => new Uint8Array([octet]).toBase64()).join("");
  for (const step of [1, 2, 3, 4, 5, 7, 100]) {
    const pieces = Array.from(
      { length: Math.ceil(padded.length / step) },
      (_, i) => new TextEncoder().encode(padded.slice(i * step, (i + 1) * step)),
    );
    const { body } = await api.handlers.http2({
      ...requestOf(way, getBackend, new Uint8Array()),
      body: (async function* () {
        for (const piece of pieces) yield await Promise.resolve(piece);
      })(),
    });
    const [first] = await Array.fromAsync(body ?? []);
    const octets = Uint8Array.fromBase64(new TextDecoder().decode(first));
    assert.match(new TextDecoder().decode(octets), /web1/);
  }
});

Deno.test("a GET says in its query what it asks, and in which form", async () => {
  using api = new ApiBed();
  const get = async (query: string) => {
    const { status, headers, body } = await api.handlers.http1({
      ...requestOf(unary[0] ?? assert.fail(), getBackend, new Uint8Array()),
      ...{ method: "GET", path: `/maglev.Maglev/GetBackend?${query}`, headers: [] },
    });
    const [answer = new Uint8Array()] = await Array.fromAsync(body ?? []);
    assert.equal(status, 200);
    return { type: new Map(headers).get("content-type"), answer };
  };
  const asked = { name: "web1" };
  const json = await get(
    `connect=v1&encoding=json&message=${encodeURIComponent(JSON.stringify(asked))}`,
  );
  assert.equal(json.type, "application/json");
  assert.equal(JSON.parse(new TextDecoder().decode(json.answer)).name, "web1");
  const message = toBinary(getBackend.input, create(getBackend.input, asked));
  const base64 = message.toBase64({ alphabet: "base64url", omitPadding: true });
  const proto = await get(`connect=v1&encoding=proto&base64=1&message=${base64}`);
  assert.equal(proto.type, "application/proto");
  assert.equal(fromBinary(getBackend.output, proto.answer).name, "web1");
});

Deno.test("who has gone before its request was read is not served", async () => {
  using api = new ApiBed();
  for (const way of unary) {
    const request = requestOf(way, getBackend, written(way, getBackend, { name: "web1" }));
    const abort = new AbortController();
    abort.abort(new Error("RST_STREAM"));
    const { body } = await api.handlers[way.version]({ ...request, signal: abort.signal });
    await Array.fromAsync(body ?? []);
  }
  assert.deepEqual([...api.observer.counts], []);
});
