import assert from "node:assert/strict";
import { isLocalPeer, prefixOf } from "../../lib/port/prefix.ts";

Deno.test("a peer counts as its IPv4 address or its IPv6 /64, and this machine as itself", () => {
  const table: [peer: string, text: string, isLocal: boolean][] = [
    ["192.0.2.1", "192.0.2.1/32", false],
    ["::ffff:192.0.2.1", "192.0.2.1/32", false],
    ["::ffff:c000:201", "192.0.2.1/32", false],
    ["::fffe:c000:201", "::/64", false],
    ["::feff:c000:201", "::/64", false],
    ["100::ffff:c000:201", "100::/64", false],
    ["1::ffff:c000:201", "1::/64", false],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", false],
    ["2001:db8:1:2:ffff::1", "2001:db8:1:2::/64", false],
    ["2001:db8:1:3::1", "2001:db8:1:3::/64", false],
    ["fe80::1%eth0", "fe80::/64", false],
    ["::2", "::/64", false],
    ["::1", "::1/128", true],
    ["127.0.0.1", "127.0.0.0/8", true],
    ["127.9.9.9", "127.0.0.0/8", true],
    ["::ffff:127.0.0.1", "127.0.0.0/8", true],
    ["128.0.0.1", "128.0.0.1/32", false],
    ["unix:alice", "unix:alice", true],
    ["unix:1000", "unix:1000", true],
    ["unix", "unix", false],
    ["unknown", "unknown", false],
  ];
  for (const [peer, text, isLocal] of table) {
    assert.deepEqual(prefixOf(peer), { text, isLocal }, peer);
    if (!peer.startsWith("::ffff:")) assert.equal(isLocalPeer(peer), isLocal, peer);
  }
});
