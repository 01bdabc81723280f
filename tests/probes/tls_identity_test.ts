import assert from "node:assert/strict";
import { parseIp } from "../../lib/ip/mod.ts";
import { certificateReason, tlsIdentity, tlsReason } from "../../lib/probes/tls_client.ts";

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
    "certificate is not for a.example",
  );
});
