import assert from "node:assert/strict";
import { parseIp } from "../../lib/ip/mod.ts";
import { tlsIdentity } from "../../lib/probes/tls_client.ts";
import { certificateReason, handshakeReason, tlsReason } from "../../lib/probes/tls_reasons.ts";

function identity(serverName: string | undefined, host: string | undefined, address: string) {
  const parsed = parseIp(address);
  assert.ok(parsed);
  return tlsIdentity({ serverName, insecureSkipVerify: false }, host, parsed);
}

Deno.test("the name is the server-name, else the host, else the address", () => {
  assert.deepEqual(identity("a.example", "b.example", "192.0.2.1"), {
    name: "a.example",
    serverName: "a.example",
  });
  assert.deepEqual(identity(undefined, "b.example:8443", "192.0.2.1"), {
    name: "b.example",
    serverName: "b.example",
  });
});

Deno.test("an empty name counts as none", () => {
  assert.equal(identity("", "b.example", "192.0.2.1").name, "b.example");
  assert.equal(identity("", "", "192.0.2.1").name, "192.0.2.1");
});

Deno.test("addresses are verified but never sent as SNI", () => {
  for (
    const [host, address, name] of [
      [undefined, "192.0.2.1", "192.0.2.1"],
      [undefined, "2001:db8::1", "2001:db8::1"],
      ["[2001:DB8:0::2]:443", "2001:db8::1", "2001:db8::2"],
      ["192.0.2.7:443", "2001:db8::1", "192.0.2.7"],
    ] as const
  ) {
    assert.deepEqual(identity(undefined, host, address), { name, serverName: undefined });
  }
});

Deno.test("errors of node:tls are put into words", () => {
  const error = (code: string, message = "x") => Object.assign(new Error(message), { code });
  assert.equal(tlsReason(error("CERT_HAS_EXPIRED"), "a"), "certificate has expired");
  assert.equal(tlsReason(error("ERR_TLS_CERT_ALTNAME_INVALID"), "a"), "certificate is not for a");
  assert.equal(tlsReason(error("ESOMETHING", "its own words"), "a"), "its own words");
});

Deno.test("hosts are freed from ports and brackets, names from the dot at their end", () => {
  const names = [
    ["b.example", "b.example", "b.example"],
    ["b.example:1", "b.example", "b.example"],
    ["b.example.", "b.example.", "b.example"],
    ["b.example:x", "b.example:x", "b.example:x"],
    ["[::1]", "::1", undefined],
    ["[::1]:8443", "::1", undefined],
    ["::2", "::2", undefined],
    ["[]", "192.0.2.1", undefined],
  ] as const;
  for (const [host, name, serverName] of names) {
    assert.deepEqual(identity(undefined, host, "192.0.2.1"), { name, serverName }, host);
  }
});

Deno.test("each code of node:tls that is known has its words", () => {
  const untrusted = "certificate's authority is not trusted";
  const expected = {
    CERT_HAS_EXPIRED: "certificate has expired",
    CERT_NOT_YET_VALID: "certificate is not yet valid",
    DEPTH_ZERO_SELF_SIGNED_CERT: "certificate is self-signed",
    SELF_SIGNED_CERT_IN_CHAIN: untrusted,
    UNABLE_TO_GET_ISSUER_CERT: untrusted,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
    CERT_SIGNATURE_FAILURE: "certificate's signature is wrong",
    CERT_REVOKED: "certificate is revoked",
  };
  for (const [code, words] of Object.entries(expected)) {
    assert.equal(tlsReason(Object.assign(new Error("x"), { code }), "a"), words);
  }
  for (
    const message of ["received corrupt message of type InvalidContentType", "wrong version number"]
  ) {
    assert.equal(tlsReason(new Error(message), "a"), "the server does not speak TLS");
  }
});

Deno.test("a certificate that cannot be verified is asked for its dates first", () => {
  const code = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
  const validity = {
    valid_from: "Nov 19 00:00:00 2026 GMT",
    valid_to: "Nov 20 00:00:00 2026 GMT",
  };
  const at = (
    date: string,
    problem: unknown = code,
    dates: typeof validity | undefined = validity,
  ) => certificateReason(problem, dates, "a.example", Date.parse(date));
  assert.equal(at("2026-11-18T23:59:59Z"), "certificate is not yet valid");
  assert.equal(at("2026-11-19T00:00:00Z"), "certificate's authority is not trusted");
  assert.equal(at("2026-11-20T00:00:00Z"), "certificate's authority is not trusted");
  assert.equal(at("2026-11-20T00:00:01Z"), "certificate has expired");
  const other = Object.assign(new Error("x"), { code: "CERT_REVOKED" });
  assert.equal(at("2026-12-01T00:00:00Z", other), "certificate is revoked");
  assert.equal(
    certificateReason(code, undefined, "a", Date.parse("2026-12-01")),
    "certificate's authority is not trusted",
  );
  assert.equal(
    at("2026-11-19T12:00:00Z", "ERR_TLS_CERT_ALTNAME_INVALID"),
    "certificate is not for a.example: it has no subject alternative name",
  );
});

/** Of a certificate that a trusted authority signed, and of that authority. */
const authority = { valid_from: "Nov 1 2026", valid_to: "Dec 1 2026", ca: true };
const leaf = { ...authority, ca: false, subjectaltname: "DNS:a.example" };

function reasonOf(
  certificate: Parameters<typeof certificateReason>[1],
  code = "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
) {
  return certificateReason(code, certificate, "a.example", Date.parse("2026-11-19"));
}

Deno.test("an RSA key that is too short is named, the server's or its authority's", () => {
  const rsa = (bits: number) => ({ bits, modulus: "C0FFEE" });
  assert.equal(
    reasonOf({ ...leaf, ...rsa(2047) }),
    "certificate has an RSA key of 2047 bits, fewer than 2048",
  );
  assert.equal(
    reasonOf({ ...leaf, ...rsa(2048), issuerCertificate: { ...authority, ...rsa(1024) } }),
    "certificate's authority has an RSA key of 1024 bits, fewer than 2048",
  );
  const untrusted = "certificate's authority is not trusted";
  assert.equal(reasonOf({ ...leaf, ...rsa(2048) }), untrusted);
  assert.equal(reasonOf({ ...leaf, bits: 256 }), untrusted);
  assert.equal(reasonOf({ ...leaf, modulus: "C0FFEE" }), untrusted);
});

Deno.test("of a chain ten certificates are looked at", () => {
  const chain = (length: number): NonNullable<Parameters<typeof certificateReason>[1]> =>
    length === 1
      ? { ...authority, bits: 512, modulus: "C0FFEE" }
      : { ...authority, issuerCertificate: chain(length - 1) };
  assert.match(reasonOf(chain(10)), /512 bits/);
  assert.doesNotMatch(reasonOf(chain(11)), /512 bits/);
});

Deno.test("a certificate without a version is of the first, however long its parts are", () => {
  const first = "certificate is of X.509 version 1, which is not accepted";
  const untrusted = "certificate's authority is not trusted";
  for (
    const lengths of [[[4], [2]], [[5], [3]], [[0x81, 5], [2]], [[0x82, 0, 6], [0x82, 0, 2]]]
  ) {
    const [outer = [], inner = []] = lengths;
    const of = (element: number) =>
      reasonOf({ ...leaf, raw: Uint8Array.from([0x30, ...outer, 0x30, ...inner, element, 0]) });
    assert.equal(of(0x02), first, `${lengths}`);
    assert.equal(of(0xa0), untrusted, `${lengths}`);
  }
});

Deno.test("what is no certificate, and a chain in a circle, change nothing", () => {
  const untrusted = "certificate's authority is not trusted";
  for (const raw of [[], [0x30], [0x30, 0x84, 0xff], Array(500).fill(0xff)]) {
    assert.equal(reasonOf({ ...leaf, raw: Uint8Array.from(raw) }), untrusted);
  }
  const [one, other] = [{ ...leaf }, { ...leaf }] as { issuerCertificate?: unknown }[];
  Object.assign(one ?? {}, { issuerCertificate: other });
  Object.assign(other ?? {}, { issuerCertificate: one });
  assert.equal(reasonOf(one as typeof leaf), untrusted);
});

Deno.test("a self-signed certificate is said to be an authority's where it is", () => {
  const code = "DEPTH_ZERO_SELF_SIGNED_CERT";
  assert.equal(reasonOf(leaf, code), "certificate is self-signed");
  const own = "certificate is self-signed, as an authority's (CA:TRUE)";
  assert.equal(reasonOf(authority, code), own);
  assert.equal(reasonOf(undefined, code), "certificate is self-signed");
});

Deno.test("a certificate without alternative names that is for another name says so", () => {
  const code = "ERR_TLS_CERT_ALTNAME_INVALID";
  assert.equal(reasonOf(leaf, code), "certificate is not for a.example");
  assert.equal(
    reasonOf({ ...leaf, subjectaltname: "" }, code),
    "certificate is not for a.example: it has no subject alternative name",
  );
});

Deno.test("a signature that ends the handshake is the server's, not its certificate's", () => {
  const error = (code: string) => Object.assign(new Error("x"), { code });
  assert.equal(
    handshakeReason(error("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "a"),
    "the server's signature is refused: an RSA key under 2048 bits, or not the certificate's key",
  );
  assert.equal(handshakeReason(error("CERT_REVOKED"), "a"), "certificate is revoked");
});
