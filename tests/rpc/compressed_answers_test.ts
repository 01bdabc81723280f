import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import {
  ListBackendsRequestSchema,
  ListBackendsResponseSchema,
  Maglev,
} from "../../lib/gen/maglev_pb.ts";
import { ApiBed } from "../api/support/api_bed.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { smallConfig } from "../api/support/small_config.ts";
import { requestOf, type Way, ways } from "./support/ways.ts";

const { listBackends } = Maglev.method;
const details = toBinary(
  ListBackendsRequestSchema,
  create(ListBackendsRequestSchema, { details: true }),
);
const takesGzip: Readonly<Record<string, readonly [string, string]>> = {
  "application/grpc": ["grpc-accept-encoding", "identity, gzip"],
  "application/grpc-web+proto": ["grpc-accept-encoding", "gzip"],
  "application/proto": ["accept-encoding", "br, gzip"],
};

async function ask(api: ApiBed, way: Way, gzip: boolean) {
  const request = requestOf(way, listBackends, details);
  const extra = takesGzip[way.type] ?? assert.fail();
  const headers = gzip ? [...request.headers, extra] : request.headers;
  const { headers: fields, body } = await api.handlers[way.version]({ ...request, headers });
  const parts = body?.[Symbol.asyncIterator]() ?? assert.fail();
  const first = await parts.next();
  return { fields: new Map(fields), parts, octets: first.done ? assert.fail() : first.value };
}

for (const way of ways.filter(({ type }) => type in takesGzip)) {
  Deno.test(`${way.name}: a long answer is compressed once for all who take it so`, async () => {
    using api = new ApiBed(new CheckerBed(smallConfig(500)));
    const { answers } = api.room;
    const plain = await ask(api, way, false);
    const held = answers.used;
    const packed = await ask(api, way, true);
    const framed = way.framing === "envelopes";
    assert.deepEqual(plain.octets[0] === 0 || !framed, true);
    if (framed) {
      assert.deepEqual([packed.octets[0], packed.fields.get("grpc-encoding")], [1, "gzip"]);
    } else {
      assert.equal(packed.fields.get("content-encoding"), "gzip");
      assert.equal(packed.fields.get("content-length"), String(packed.octets.length));
      assert.equal(plain.fields.get("content-encoding"), undefined);
      assert.equal(plain.fields.get("content-length"), String(plain.octets.length));
    }
    const message = framed ? packed.octets.subarray(5) : packed.octets;
    const list = fromBinary(ListBackendsResponseSchema, new Uint8Array(gunzipSync(message)));
    assert.equal(list.backends.length, 500);
    assert.ok(answers.used > held && answers.used < 2 * held + 10_000, `${answers.used}`);
    for (const { parts } of [plain, packed]) {
      while (!(await parts.next()).done);
    }
    assert.equal(answers.used, 0);
  });
}

Deno.test("without room for a compressed answer beside the plain one, the plain one is sent", async () => {
  const size = await (async () => {
    using api = new ApiBed(new CheckerBed(smallConfig(500)));
    const { octets } = await ask(api, ways[0] ?? assert.fail(), false);
    return octets.length;
  })();
  for (const way of ways.filter(({ type }) => type in takesGzip)) {
    using api = new ApiBed(new CheckerBed(smallConfig(500)), { answers: size });
    const { fields, octets, parts } = await ask(api, way, true);
    const message = way.framing === "envelopes" ? octets.subarray(5) : octets;
    assert.equal(fromBinary(ListBackendsResponseSchema, message).backends.length, 500, way.name);
    assert.equal(fields.get("content-encoding"), undefined);
    while (!(await parts.next()).done);
    assert.equal(api.room.answers.used, 0, way.name);
  }
});

Deno.test("who does not say that it takes gzip gets none, however many encodings it names", async () => {
  using api = new ApiBed(new CheckerBed(smallConfig(500)));
  const many = `${Array.from({ length: 100 }, (_, i) => `x-${i}`).join(", ")}, gzip`;
  const table: [type: string, name: string, value: string, gzip: boolean][] = [
    ["application/proto", "accept-encoding", "br, deflate", false],
    ["application/proto", "accept-encoding", "xgzip, gzipx", false],
    ["application/proto", "te", "gzip", false],
    ["application/proto", "grpc-accept-encoding", "gzip", false],
    ["application/proto", "accept-encoding", many, true],
    ["application/grpc-web+proto", "grpc-accept-encoding", many, true],
    ["application/grpc-web+proto", "accept-encoding", "gzip", false],
  ];
  for (const [type, name, value, gzip] of table) {
    const way = ways.find((each) => each.type === type) ?? assert.fail();
    const request = requestOf(way, listBackends, details);
    const headers = [...request.headers, [name, value] as const];
    const { headers: fields, body } = await api.handlers[way.version]({ ...request, headers });
    const [first = new Uint8Array()] = await Array.fromAsync(body ?? []);
    const isPacked = way.framing === "none"
      ? new Map(fields).get("content-encoding") === "gzip"
      : first[0] === 1;
    assert.equal(isPacked, gzip, `${type} ${name}: ${value.slice(0, 50)}`);
  }
});
