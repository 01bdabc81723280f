import assert from "node:assert/strict";
import { specialScope } from "../../lib/ip/mod.ts";
import { ip } from "../support/ip.ts";

Deno.test("addresses that no single host can be reached at are told by their kind", () => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    "an unspecified": ["0.0.0.0", "::"],
    "a multicast": ["224.0.0.0", "239.255.255.255", "ff02::1"],
    "a broadcast": ["255.255.255.255"],
    "a link-local": ["fe80::1", "febf:ffff::1"],
    "an IPv4-mapped": ["::ffff:192.0.2.1"],
    "an IPv4-compatible": ["::1", "::192.0.2.1"],
  };
  for (const [kind, addresses] of Object.entries(kinds)) {
    for (const address of addresses) assert.equal(specialScope(ip(address)), kind, address);
  }
});

Deno.test("their neighbours are hosts', and so is IPv4's link-local range", () => {
  const hosts = [
    ...["0.0.0.1", "127.0.0.1", "169.254.0.1", "223.255.255.255", "240.0.0.0", "255.255.255.254"],
    ...["fec0::1", "fe7f::1", "feff::1", "2001:db8::1", "64:ff9b::192.0.2.1", "::1:0:0"],
  ];
  for (const host of hosts) assert.equal(specialScope(ip(host)), undefined, host);
});
