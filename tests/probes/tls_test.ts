import assert from "node:assert/strict";
import type { TlsParams } from "../../lib/config/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { Authority } from "./support/certificates.ts";
import { httpCheck, tcpCheck } from "./support/checks.ts";
import { Harness } from "./support/harness.ts";
import {
  answering,
  type Behaviour,
  closing,
  repeating,
  silent,
  startResettingServer,
  TestServer,
} from "./support/servers.ts";

const ok = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

function tls(serverName?: string, insecureSkipVerify = false): TlsParams {
  return { serverName, insecureSkipVerify };
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needing(havePrograms("openssl"), "openssl", name), fn });
}

/** Outcomes of tcp and https probes of a server whose certificate is for `names`. */
async function outcomes(
  names: string,
  params: TlsParams,
  days?: readonly [from: number, to: number],
): Promise<string[]> {
  await using authority = await Authority.create();
  const { cert, key } = await authority.issue(names, days);
  await using server = TestServer.tls(cert, key, ok);
  await using harness = new Harness({ ca: [authority.cert] });
  return [
    await harness.outcome(tcpCheck({ port: server.port, tls: params })),
    await harness.outcome(httpCheck({ type: "https", port: server.port, tls: params })),
  ];
}

const passes = ["L6OK TLSv1.3 handshake done", "L7OK status 200"];

test("a certificate for the server-name passes", async () => {
  assert.deepEqual(await outcomes("DNS:a.example", tls("a.example")), passes);
});

test("without a server-name the certificate has to be for the address", async () => {
  assert.deepEqual(await outcomes("IP:127.0.0.1", tls()), passes);
});

test("a certificate for another name gives L6RSP, unless it is not to be verified", async () => {
  const wrong = "L6RSP certificate is not for b.example";
  assert.deepEqual(await outcomes("DNS:a.example", tls("b.example")), [wrong, wrong]);
  const address = "L6RSP certificate is not for 127.0.0.1";
  assert.deepEqual(await outcomes("DNS:a.example", tls()), [address, address]);
  assert.deepEqual(await outcomes("DNS:a.example", tls("b.example", true)), passes);
});

test("an expired certificate gives L6RSP, unless it is not to be verified", async () => {
  const expired = "L6RSP certificate has expired";
  assert.deepEqual(await outcomes("DNS:a.example", tls("a.example"), [-9, -1]), [
    expired,
    expired,
  ]);
  assert.deepEqual(await outcomes("DNS:a.example", tls("a.example", true), [-9, -1]), passes);
});

test("the end of the certificate that a server shows is told, whatever comes of the probe", async () => {
  await using authority = await Authority.create();
  await using harness = new Harness({ ca: [authority.cert] });
  const day = 86_400_000;
  for (const days of [[-9, -1], [-1, 3]] as const) {
    const { cert, key } = await authority.issue("DNS:a.example", days);
    await using server = TestServer.tls(cert, key, answering("HTTP/1.1 503 No\r\n\r\n"));
    for (
      const check of [
        tcpCheck({ port: server.port, tls: tls("a.example") }),
        httpCheck({ type: "https", port: server.port, tls: tls("a.example") }),
        httpCheck({ type: "https", port: server.port, tls: tls("b.example", true) }),
      ]
    ) {
      const { certificateEnd = 0 } = await harness.probe(check);
      assert.ok(Math.abs(certificateEnd - Date.now() - days[1] * day) < day, `${certificateEnd}`);
      assert.equal(certificateEnd % 1000, 0);
    }
  }
});

test("who shows no certificate has none that ends", async () => {
  await using harness = new Harness();
  await using server = TestServer.tcp(answering("no TLS"));
  const check = tcpCheck({ port: server.port, tls: tls("a.example") });
  assert.equal("certificateEnd" in await harness.probe(check), false);
});

test("a certificate of the future gives L6RSP", async () => {
  const early = "L6RSP certificate is not yet valid";
  assert.deepEqual(await outcomes("DNS:a.example", tls("a.example"), [1, 2]), [early, early]);
});

test("a certificate of an unknown authority gives L6RSP", async () => {
  await using authority = await Authority.create();
  await using other = await Authority.create();
  const { cert, key } = await authority.issue("DNS:a.example");
  await using server = TestServer.tls(cert, key, ok);
  const check = tcpCheck({ port: server.port, tls: tls("a.example") });
  const expected = "L6RSP certificate's authority is not trusted";
  await using harness = new Harness({ ca: [other.cert] });
  assert.equal(await harness.outcome(check), expected);
  await using system = new Harness();
  assert.equal(await system.outcome(check), expected);
});

test("the host of an https check is the name that is sent and verified", async () => {
  await using authority = await Authority.create();
  const { cert, key } = await authority.issue("DNS:host.example");
  await using server = TestServer.tls(cert, key, ok);
  await using harness = new Harness({ ca: [authority.cert] });
  const check = httpCheck({ type: "https", port: server.port, host: "host.example:443" });
  assert.equal(await harness.outcome(check), "L7OK status 200");
});

test("what an https server says is judged like any other", async () => {
  await using authority = await Authority.create();
  const { cert, key } = await authority.issue("DNS:a.example");
  const cases: readonly (readonly [Behaviour, Parameters<typeof httpCheck>[0], string])[] = [
    [ok, { responseCodeMin: 300, responseCodeMax: 399 }, "L7STS status 200"],
    [ok, { responseRegexp: "^ok$" }, "L7OK status 200, regexp found"],
    [ok, { responseRegexp: "nok" }, "L7RSP regexp not found in 2 bytes of body"],
    [answering("hello\r\n"), {}, "L7RSP not an HTTP/1 response"],
    [answering(""), {}, "L7RSP connection closed before a response"],
    [repeating("HTTP/1.1 200 OK\r\n", "X: y\r\n"), {}, "L7RSP headers over 32768 bytes"],
  ];
  for (const [behaviour, check, expected] of cases) {
    await using server = TestServer.tls(cert, key, behaviour);
    await using harness = new Harness({ ca: [authority.cert] });
    const params = { type: "https", port: server.port, tls: tls("a.example") } as const;
    assert.equal(await harness.outcome(httpCheck({ ...params, ...check })), expected);
  }
});

test("the system's authorities are trusted, as SSL_CERT_FILE names them", async () => {
  await using authority = await Authority.create();
  const { cert, key } = await authority.issue("DNS:a.example");
  await using server = TestServer.tls(cert, key, ok);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("support/one_probe.ts", import.meta.url).pathname],
    env: {
      SSL_CERT_FILE: authority.path,
      DENO_TLS_CA_STORE: "system",
      ONE_PROBE: JSON.stringify({
        check: tcpCheck({ port: server.port, tls: tls("a.example") }),
        address: "127.0.0.1",
        netns: "",
      }),
    },
    stderr: "inherit",
  });
  const { stdout } = await child.output();
  assert.equal(new TextDecoder().decode(stdout).trim(), "L6OK TLSv1.3 handshake done");
});

/** The first bytes that a client sends in a handshake, as characters. */
async function clientHello(serverName: string | undefined, insecure: boolean): Promise<string> {
  const hello = Promise.withResolvers<string>();
  await using server = TestServer.tcp(async (connection) => {
    const buffer = new Uint8Array(4096);
    const length = await connection.read(buffer) ?? 0;
    hello.resolve(new TextDecoder("latin1").decode(buffer.subarray(0, length)));
  });
  await using harness = new Harness();
  await harness.probe(tcpCheck({ port: server.port, tls: tls(serverName, insecure) }));
  return await hello.promise;
}

Deno.test("SNI carries the name, verified or not, and never an address", async () => {
  for (const insecure of [true, false]) {
    assert.ok((await clientHello("a.example", insecure)).includes("a.example"));
    assert.ok(!(await clientHello(undefined, insecure)).includes("127.0.0.1"));
  }
});

Deno.test("a name that TLS can't do is a failed probe, not an exception", async () => {
  await using server = TestServer.tcp(silent);
  await using harness = new Harness();
  const check = tcpCheck({ port: server.port, tls: tls("fe80::1%eth0", true) });
  assert.match(await harness.outcome(check), /^L6RSP .*must not be an IP address/);
});

test("an https server that says nothing gives L7TOUT", async () => {
  await using authority = await Authority.create();
  const { cert, key } = await authority.issue("DNS:a.example");
  const requested = Promise.withResolvers<void>();
  await using server = TestServer.tls(cert, key, async (connection) => {
    await connection.read(new Uint8Array(4096));
    requested.resolve();
    await silent(connection);
  });
  const clock = new FakeClock();
  await using harness = new Harness({
    ca: [authority.cert],
    clock,
    engine: { kernelAge: () => 0 },
  });
  const check = { type: "https", port: server.port, tls: tls("a.example") } as const;
  const outcome = harness.outcome(httpCheck({ ...check, timeoutMs: 100 }));
  await requested.promise;
  clock.advance(100);
  assert.equal(await outcome, "L7TOUT no response within 100ms");
});

test("a session that breaks after the request gives L7RSP with the reason", async () => {
  await using authority = await Authority.create();
  const { cert, key } = await authority.issue("DNS:a.example");
  const requested = Promise.withResolvers<void>();
  await using server = TestServer.tls(cert, key, async (connection) => {
    await connection.read(new Uint8Array(4096));
    requested.resolve();
    await silent(connection);
  });
  // Hands everything on, and speaks out of turn when the request is through.
  await using between = TestServer.tcp(async (client) => {
    using inner = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const ended = Promise.allSettled([
      client.readable.pipeTo(inner.writable, { preventClose: true }),
      (async () => {
        const buffer = new Uint8Array(4096);
        for (let n = await inner.read(buffer); n !== null; n = await inner.read(buffer)) {
          await client.write(buffer.subarray(0, n));
        }
      })(),
    ]);
    await requested.promise;
    await client.write(Uint8Array.from([0x17, 3, 3, 0, 32, ...Array(32).fill(7)]));
    await ended;
  });
  await using harness = new Harness({ ca: [authority.cert] });
  const check = { type: "https", port: between.port, tls: tls("a.example") } as const;
  assert.match(await harness.outcome(httpCheck(check)), /^L7RSP .*(decrypt|record|mac)/i);
});

/** How plain TCP servers fail a handshake, and what that gives. */
const handshakes: readonly (readonly [does: string, Behaviour, expected: string])[] = [
  ["closes at once", closing, "L6RSP connection closed in the handshake"],
  [
    "closes within the handshake",
    answering(Uint8Array.of(0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3, 1, 2, 3)),
    "L6RSP connection closed in the handshake",
  ],
  [
    "does not speak TLS",
    answering("HTTP/1.1 400 Bad Request\r\n\r\n"),
    "L6RSP the server does not speak TLS",
  ],
];

for (const [does, behaviour, expected] of handshakes) {
  Deno.test(`a TLS server that ${does} gives ${expected.split(" ")[0]}`, async () => {
    await using server = TestServer.tcp(behaviour);
    await using harness = new Harness();
    const params = { port: server.port, tls: tls("a.example", true) };
    assert.equal(await harness.outcome(tcpCheck(params)), expected);
    assert.equal(await harness.outcome(httpCheck({ ...params, type: "https" })), expected);
  });
}

for (const said of [[], [0x16, 3, 3, 0, 0x7a, 2, 0]]) {
  Deno.test(`a TLS server that says ${said.length} bytes and no more gives L6TOUT`, async () => {
    for (const type of ["tcp", "https"] as const) {
      const heard = Promise.withResolvers<void>();
      await using server = TestServer.tcp(async (connection) => {
        await connection.read(new Uint8Array(4096));
        if (said.length > 0) await connection.write(Uint8Array.from(said));
        heard.resolve();
        await silent(connection);
      });
      const clock = new FakeClock();
      await using harness = new Harness({ clock, engine: { kernelAge: () => 0 } });
      const params = { port: server.port, timeoutMs: 80, tls: tls("a.example", true) };
      const check = type === "tcp" ? tcpCheck(params) : httpCheck({ ...params, type });
      const outcome = harness.outcome(check);
      await heard.promise;
      clock.advance(80);
      assert.equal(await outcome, "L6TOUT TLS handshake not finished within 80ms");
    }
  });
}

Deno.test("a TLS server that resets the connection gives L6RSP", async () => {
  await using server = await startResettingServer();
  await using harness = new Harness();
  const check = tcpCheck({ port: server.port, tls: tls("a.example") });
  assert.equal(await harness.outcome(check), "L6RSP connection reset by peer");
});

Deno.test("a TLS probe of a closed port gives L4CON", async () => {
  await using harness = new Harness();
  const check = tcpCheck({ port: 1, tls: tls("a.example") });
  assert.equal(await harness.outcome(check), "L4CON connection refused");
});
