import assert from "node:assert/strict";
import fc from "fast-check";
import { HttpReader } from "../../lib/probes/http_reader.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { Authority } from "./support/certificates.ts";
import { httpCheck } from "./support/checks.ts";
import { Harness } from "./support/harness.ts";
import { bytesOf } from "./support/http_reading.ts";
import { answering, TestServer } from "./support/servers.ts";

const wanted = bytesOf("x-server");

function headerOf(text: string, cut = 0): string | undefined {
  const reader = new HttpReader(false, wanted);
  const bytes = bytesOf(text);
  reader.push(bytes.subarray(0, cut));
  reader.push(bytes.subarray(cut));
  assert.equal(reader.progress, "complete");
  return reader.header;
}

Deno.test("the value of the wanted header is kept, whatever the case of its name", () => {
  assert.equal(headerOf("HTTP/1.1 200 OK\r\nX-Server:  web1 \r\nX: y\r\n\r\n"), "web1");
  assert.equal(headerOf("HTTP/1.1 200 OK\r\nx-sErVeR:\r\n\r\n"), "");
  assert.equal(headerOf("HTTP/1.1 200 OK\r\nX-Server2: web1\r\nX-Serve: web2\r\n\r\n"), undefined);
});

Deno.test("of several headers of that name the first counts, and none of interim responses", () => {
  assert.equal(headerOf("HTTP/1.1 200 OK\r\nX-Server: a\r\nX-Server: b\r\n\r\n"), "a");
  const interim = "HTTP/1.1 103 Hints\r\nX-Server: early\r\n\r\n";
  assert.equal(headerOf(`${interim}HTTP/1.1 200 OK\r\n\r\n`), undefined);
});

Deno.test("the wanted header is the same however the response is cut", () => {
  const text = "HTTP/1.1 200 OK\r\nServer: x\r\nX-Server: web\xe9\r\nA: b\r\n\r\n";
  fc.assert(fc.property(fc.nat(text.length), (cut) => headerOf(text, cut) === "web\xe9"));
});

const responses = [
  ["HTTP/1.1 200 OK\r\nX-Server: web1\r\n\r\n", { status: 200, header: "web1" }],
  ["HTTP/1.1 200 OK\r\n\r\n", { status: 200, header: undefined }],
  ["HTTP/1.1 503 No\r\nX-Server: web2\r\n\r\n", { status: 503, header: "web2" }],
  ["nonsense\r\n", undefined],
] as const;

for (const [text, answer] of responses) {
  const first = JSON.stringify(text);
  Deno.test(`the result of a probe that got ${first} tells status and header`, async () => {
    await using harness = new Harness({ header: "X-SERVER" });
    await using server = TestServer.tcp(answering(text));
    assert.deepEqual((await harness.probe(httpCheck({ port: server.port }))).answer, answer);
  });
}

Deno.test({
  ...needing(havePrograms("openssl"), "openssl", "results over TLS tell status and header, too"),
  async fn() {
    await using authority = await Authority.create();
    const { cert, key } = await authority.issue("IP:127.0.0.1");
    await using harness = new Harness({ header: "X-Server", ca: [authority.cert] });
    await using server = TestServer.tls(cert, key, answering(responses[0][0]));
    const check = httpCheck({ type: "https", port: server.port });
    assert.deepEqual((await harness.probe(check)).answer, responses[0][1]);
  },
});

Deno.test("without a header that is wanted results say nothing of the answer", async () => {
  await using harness = new Harness();
  await using server = TestServer.tcp(answering(responses[0][0]));
  const result = await harness.probe(httpCheck({ port: server.port }));
  assert.equal("answer" in result, false);
});

Deno.test("a program may call itself by its own name", async () => {
  const seen = Promise.withResolvers<string>();
  await using harness = new Harness({ program: "maglevt" });
  await using server = TestServer.tcp(async (connection) => {
    const buffer = new Uint8Array(4096);
    const length = await connection.read(buffer) ?? 0;
    seen.resolve(new TextDecoder().decode(buffer.subarray(0, length)));
    await connection.write(new TextEncoder().encode(responses[0][0]));
  });
  await harness.probe(httpCheck({ port: server.port }));
  assert.match(await seen.promise, /^User-Agent: maglevt\/0\.0\.0-test\r$/m);
});
