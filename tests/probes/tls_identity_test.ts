import assert from "node:assert/strict";
import { parseIp } from "../../lib/ip/mod.ts";
import { tlsIdentity, tlsReason } from "../../lib/probes/tls_client.ts";

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
