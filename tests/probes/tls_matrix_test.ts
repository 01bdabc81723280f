/** What works over TLS and what does not, against OpenSSL: the table in docs/healthchecks.md. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { certificateReason } from "../../lib/probes/tls_reasons.ts";
import { havePrograms, needing } from "../support/programs.ts";
import { Authority, type Credentials, type Unusual } from "./support/certificates.ts";
import { httpCheck, tcpCheck } from "./support/checks.ts";
import { Harness } from "./support/harness.ts";
import { OpensslServer } from "./support/openssl_server.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needing(havePrograms("openssl"), "openssl", name), fn });
}

/** Lets OpenSSL offer what it thinks too weak. */
const weak = ["-cipher", "ALL:@SECLEVEL=0"];
const ok13 = "L6OK TLSv1.3 handshake done";
const ok12 = "L6OK TLSv1.2 handshake done";
const refused = "L6RSP the server refused: handshake failure (alert 40)";
const tooOld = "L6RSP the server refused: protocol version (alert 70)";
const badSignature =
  "L6RSP the server's signature is refused: an RSA key under 2048 bits, or not " +
  "the certificate's key";

interface Row {
  readonly name: string;
  readonly certificate?: Unusual & { readonly names?: string };
  readonly server?: readonly string[];
  /** Whom the probe expects, unless that is a.example. */
  readonly serverName?: string;
  readonly expected: string;
  /** What it gives with insecure-skip-verify, where that is something else. */
  readonly insecure?: string;
}

const rows: readonly Row[] = [
  { name: "P-256", expected: ok13 },
  { name: "P-384", certificate: { key: "P-384" }, expected: ok13 },
  { name: "P-521", certificate: { key: "P-521" }, expected: ok13 },
  { name: "Ed25519", certificate: { key: "ed25519" }, expected: ok13 },
  { name: "RSA with 2048 bits", certificate: { key: "rsa:2048" }, expected: ok13 },
  {
    name: "RSA with 1024 bits",
    certificate: { key: "rsa:1024" },
    server: weak,
    expected: badSignature,
  },
  {
    name: "RSA with 1024 bits and TLS 1.2",
    certificate: { key: "rsa:1024" },
    server: [...weak, "-tls1_2"],
    expected: badSignature,
  },
  { name: "signed with SHA-384", certificate: { digest: "sha384" }, expected: ok13 },
  {
    name: "signed with SHA-1",
    certificate: { digest: "sha1" },
    server: weak,
    expected: "L6RSP certificate is signed with SHA-1, which is not secure",
    insecure: ok13,
  },
  {
    name: "a common name only, which is the one",
    certificate: { names: "", commonName: "a.example" },
    expected: ok13,
  },
  {
    name: "a common name only, which is another",
    certificate: { names: "", commonName: "b.example" },
    expected: "L6RSP certificate is not for a.example: it has no subject alternative name",
    insecure: ok13,
  },
  {
    name: "a common name only, which is the address",
    certificate: { names: "", commonName: "127.0.0.1" },
    serverName: "127.0.0.1",
    expected: "L6RSP certificate is not for 127.0.0.1: it has no subject alternative name",
    insecure: ok13,
  },
  {
    name: "a common name beside alternative names",
    certificate: { names: "DNS:b.example", commonName: "a.example" },
    expected: "L6RSP certificate is not for a.example",
    insecure: ok13,
  },
  { name: "Ed448", certificate: { key: "ed448" }, expected: refused },
  { name: "TLS 1.3 only", server: ["-tls1_3"], expected: ok13 },
  { name: "TLS 1.2 only", server: ["-tls1_2"], expected: ok12 },
  { name: "TLS 1.1 only", server: [...weak, "-tls1_1"], expected: tooOld },
  { name: "TLS 1.0 only", server: [...weak, "-tls1"], expected: tooOld },
  ...[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
  ].map((name) => ({ name, server: ["-tls1_3", "-ciphersuites", name], expected: ok13 })),
  {
    name: "TLS_AES_128_CCM_SHA256",
    server: ["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"],
    expected: refused,
  },
  ...[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
  ].map((name) => ({ name, server: ["-tls1_2", "-cipher", name], expected: ok12 })),
  ...[
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
  ].map((name) => ({
    name,
    certificate: { key: "rsa:2048" },
    server: ["-tls1_2", "-cipher", name],
    expected: ok12,
  })),
  ...["ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256", "AES128-GCM-SHA256", "AES128-SHA"]
    .map((name) => ({
      name,
      certificate: { key: "rsa:2048" },
      server: ["-tls1_2", "-cipher", name],
      expected: refused,
    })),
  { name: "X25519", server: ["-groups", "X25519"], expected: ok13 },
  { name: "secp256r1", server: ["-groups", "P-256"], expected: ok13 },
  { name: "secp384r1", server: ["-groups", "P-384"], expected: ok13 },
  { name: "secp521r1", server: ["-groups", "P-521"], expected: refused },
  { name: "ffdhe2048", server: ["-groups", "ffdhe2048"], expected: refused },
  { name: "X448", server: ["-groups", "X448"], expected: refused },
  {
    name: "a client's certificate wanted in TLS 1.2",
    server: ["-tls1_2", "-Verify", "1", "-verify_return_error"],
    expected: refused,
  },
];

test("what OpenSSL serves gives what the table says, verified or not", async () => {
  await using authority = await Authority.create();
  await using harness = new Harness({ ca: [authority.cert] });
  const issued = new Map<string, Credentials>();
  for (const { name, certificate = {}, server = [], expected, ...other } of rows) {
    const { insecure = expected, serverName = "a.example" } = other;
    const { names = "DNS:a.example" } = certificate;
    const known = issued.get(JSON.stringify(certificate));
    const credentials = known ?? await authority.issue(names, undefined, certificate);
    issued.set(JSON.stringify(certificate), credentials);
    await using openssl = await OpensslServer.start(credentials, "-www", ...server);
    const outcome = (insecureSkipVerify: boolean) =>
      harness.outcome(
        tcpCheck({ port: openssl.port, tls: { serverName, insecureSkipVerify } }),
      );
    assert.equal(await outcome(false), expected, name);
    assert.equal(await outcome(true), insecure, `${name}, not verified`);
  }
});

test("a certificate that is signed with MD5 is said to be", async () => {
  await using authority = await Authority.create("test authority", "rsa:2048");
  const credentials = await authority.issue("DNS:a.example", undefined, { digest: "md5" });
  await using openssl = await OpensslServer.start(credentials, "-www", ...weak);
  await using harness = new Harness({ ca: [authority.cert] });
  const tls = { serverName: "a.example", insecureSkipVerify: false };
  const words = "L6RSP certificate is signed with MD5, which is not secure";
  assert.equal(await harness.outcome(tcpCheck({ port: openssl.port, tls })), words);
});

test("a trusted self-signed certificate passes, an unknown one does not", async () => {
  await using self = await Authority.create("a.example");
  await using openssl = await OpensslServer.start(await self.credentials(), "-www");
  const check = tcpCheck({
    port: openssl.port,
    tls: { serverName: "a.example", insecureSkipVerify: false },
  });
  await using trusting = new Harness({ ca: [self.cert] });
  assert.equal(await trusting.outcome(check), ok13);
  await using other = await Authority.create();
  await using strange = new Harness({ ca: [other.cert] });
  const words = "L6RSP certificate is self-signed, as an authority's (CA:TRUE)";
  assert.equal(await strange.outcome(check), words);
});

test("an https server that wants a client's certificate says so, in TLS 1.3 after the handshake", async () => {
  await using authority = await Authority.create();
  const credentials = await authority.issue("DNS:a.example");
  const wanting = ["-Verify", "1", "-verify_return_error"];
  await using openssl = await OpensslServer.start(credentials, "-www", ...wanting);
  await using harness = new Harness({ ca: [authority.cert] });
  const tls = { serverName: "a.example", insecureSkipVerify: false };
  const check = httpCheck({ type: "https", port: openssl.port, tls });
  const words = "L7RSP the server refused: certificate required (alert 116)";
  assert.equal(await harness.outcome(check), words);
});

test("session tickets without end are too much", async () => {
  await using authority = await Authority.create();
  const credentials = await authority.issue("DNS:a.example");
  await using openssl = await OpensslServer.start(credentials, "-www", "-num_tickets", "20000");
  await using harness = new Harness({ ca: [authority.cert] });
  const tls = { serverName: "a.example", insecureSkipVerify: false };
  const check = httpCheck({ type: "https", port: openssl.port, tls });
  assert.equal(await harness.outcome(check), "L7RSP response over 1048576 bytes of TLS");
});

for (
  const [command, version, words] of [
    ["K", "-tls1_3", /^L7RSP peer misbehaved: TooManyKeyUpdateRequests$/],
    // OpenSSL may give up first, when it is told that there will be no renegotiation, or be told
    // to begin another handshake within the first one: what is said is up to the moment.
    ["r", "-tls1_2", /^L[67]RSP /],
  ] as const
) {
  test(`a server that wants the handshake done again and again (${command}) fails`, async () => {
    await using authority = await Authority.create();
    const credentials = await authority.issue("DNS:a.example");
    await using openssl = await OpensslServer.start(credentials, version);
    await using harness = new Harness({ ca: [authority.cert] });
    const tls = { serverName: "a.example", insecureSkipVerify: false };
    const check = httpCheck({ type: "https", port: openssl.port, tls });
    openssl.command(command);
    assert.match(await harness.outcome(check), words);
  });
}

test("a certificate of X.509 version 1 is said to be one", async () => {
  await using authority = await Authority.create();
  const untrusted = (cert: string) => {
    const { raw, validFrom, validTo } = new X509Certificate(cert);
    const certificate = { raw, valid_from: validFrom, valid_to: validTo };
    return certificateReason("SELF_SIGNED_CERT_IN_CHAIN", certificate, "a.example", Date.now());
  };
  const first = await authority.issue("v1");
  assert.equal(
    untrusted(first.cert),
    "certificate is of X.509 version 1, which is not accepted",
  );
  const third = await authority.issue("DNS:a.example");
  assert.equal(untrusted(third.cert), "certificate's authority is not trusted");
});
