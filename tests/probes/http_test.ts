import assert from "node:assert/strict";
import { silentLogger } from "../../lib/log/mod.ts";
import { Engine } from "../../lib/net/mod.ts";
import { createProber, type ProbeResult } from "../../lib/probes/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RawServer } from "../net/support/raw_server.ts";
import { httpCheck } from "./support/checks.ts";
import { Harness } from "./support/harness.ts";
import {
  answering,
  type Behaviour,
  closing,
  repeating,
  startResettingServer,
  TestServer,
  trickling,
} from "./support/servers.ts";
import { ip } from "../support/ip.ts";

type Check = Parameters<typeof httpCheck>[0];

async function outcome(behaviour: Behaviour, check: Check = {}): Promise<string> {
  await using harness = new Harness();
  await using server = TestServer.tcp(behaviour);
  return await harness.outcome(httpCheck({ ...check, port: server.port }));
}

function response(status: string, body: string, header = `Content-Length: ${body.length}`): string {
  return `HTTP/1.1 ${status}\r\n${header}\r\n\r\n${body}`;
}

const cases: readonly (readonly [does: string, Behaviour, Check, expected: string])[] = [
  ["answers 200", answering(response("200 OK", "ok")), {}, "L7OK status 200"],
  ["answers 503", answering(response("503 No", "")), {}, "L7STS status 503"],
  [
    "redirects, which is not followed",
    answering("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"),
    {},
    "L7STS status 302",
  ],
  [
    "answers within the range wanted",
    answering(response("204 No Content", "")),
    { responseCodeMin: 200, responseCodeMax: 299 },
    "L7OK status 204",
  ],
  [
    "says what the regexp wants",
    answering(response("200 OK", "status: up\n")),
    { responseRegexp: "(?m)^status: (ok|up)$" },
    "L7OK status 200, regexp found",
  ],
  [
    "says it in chunks",
    answering(
      response("200 OK", "4\r\nstat\r\n7\r\nus: up\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    ),
    { responseRegexp: "^status: up$" },
    "L7RSP regexp not found in 11 bytes of body",
  ],
  [
    "says it until it closes",
    answering(response("200 OK", "status: up", "X: y")),
    { responseRegexp: "^status: up$" },
    "L7OK status 200, regexp found",
  ],
  [
    "says it beyond the first 64 KiB",
    answering(response("200 OK", `${"x".repeat(65536)}up`)),
    { responseRegexp: "up" },
    "L7RSP regexp not found in 65536 bytes of body",
  ],
  [
    "breaks off the body",
    answering(response("200 OK", "status", "Content-Length: 100")),
    { responseRegexp: "up" },
    "L7RSP connection closed within the body",
  ],
  ["speaks another protocol", answering("220 mail ready\r\n"), {}, "L7RSP not an HTTP/1 response"],
  ["sends nonsense bytes", answering(new Uint8Array(999)), {}, "L7RSP not an HTTP/1 response"],
  ["closes without a word", closing, {}, "L7RSP connection closed before a response"],
  [
    "sends headers for ever",
    repeating("HTTP/1.1 200 OK\r\n", `X-More: ${"y".repeat(1000)}\r\n`),
    {},
    "L7RSP headers over 32768 bytes",
  ],
  [
    "sends one byte at a time",
    trickling(response("200 OK", "ok")),
    { responseRegexp: "ok" },
    "L7OK status 200, regexp found",
  ],
];

/** What servers say that then fall silent, and what that gives. */
const silences: readonly (readonly [says: string, Check, expected: string])[] = [
  ["", {}, "L7TOUT no response within 60ms"],
  ["HTTP/1.1 200 OK\r\n", {}, "L7TOUT no response within 60ms"],
  [
    "HTTP/1.1 200 OK\r\n\r\n",
    { responseRegexp: "up" },
    "L7TOUT body not complete within 60ms",
  ],
];

for (const [says, check, expected] of silences) {
  Deno.test(`a server that says ${JSON.stringify(says)} and no more gives L7TOUT`, () => {
    const clock = new FakeClock();
    using server = new RawServer();
    const engine = new Engine(clock, { kernelAge: () => 0 });
    const prober = createProber(engine, { log: silentLogger, version: "1" });
    const results: ProbeResult[] = [];
    const about = httpCheck({ ...check, port: server.port, timeoutMs: 60 });
    const target = { address: ip("127.0.0.1"), check: about, netns: "" };
    prober.start(target, (result) => results.push(result));
    const peer = server.accept();
    if (says !== "") server.send(says, [peer]);
    clock.advance(59);
    assert.deepEqual(results, []);
    clock.advance(1);
    assert.deepEqual(results.map(({ code, detail }) => `${code} ${detail}`), [expected]);
    prober.close();
    return engine.close();
  });
}

for (const [does, behaviour, check, expected] of cases) {
  Deno.test(`a server that ${does} gives ${expected.split(" ")[0]}`, async () => {
    assert.equal(await outcome(behaviour, check), expected);
  });
}

Deno.test("a server that resets the connection gives L7RSP", async () => {
  await using harness = new Harness();
  await using server = await startResettingServer();
  const check = httpCheck({ port: server.port });
  assert.equal(await harness.outcome(check), "L7RSP connection reset by peer");
});

Deno.test("an http probe of a closed port gives L4CON, over IPv6 too", async () => {
  await using harness = new Harness();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  for (const address of ["127.0.0.1", "::1"]) {
    assert.equal(await harness.outcome(httpCheck({ port }), address), "L4CON connection refused");
  }
});

Deno.test("the server sees the request, and the source address that is configured", async () => {
  await using harness = new Harness();
  const seen = Promise.withResolvers<string>();
  await using server = TestServer.tcp(async (connection) => {
    const buffer = new Uint8Array(4096);
    const length = await connection.read(buffer) ?? 0;
    const from = (connection.remoteAddr as Deno.NetAddr).hostname;
    seen.resolve(`${from} ${new TextDecoder().decode(buffer.subarray(0, length))}`);
    await connection.write(new TextEncoder().encode(response("200 OK", "")));
  });
  const check = httpCheck({
    port: server.port,
    path: "/healthz",
    host: "www.example.net",
    probeIpv4Source: ip("127.0.0.77"),
  });
  assert.equal(await harness.outcome(check), "L7OK status 200");
  assert.equal(
    await seen.promise,
    "127.0.0.77 GET /healthz HTTP/1.1\r\nHost: www.example.net\r\n" +
      "User-Agent: maglevd/0.0.0-test\r\nAccept: */*\r\nConnection: close\r\n\r\n",
  );
});

Deno.test("a source address that is not on this host is named", async () => {
  await using harness = new Harness();
  const check = httpCheck({ probeIpv4Source: ip("192.0.2.55"), probeIpv6Source: ip("::1") });
  const expected = "L4CON source address 192.0.2.55 is not on this host";
  assert.equal(await harness.outcome(check), expected);
});
