import assert from "node:assert/strict";
import {
  compareVips,
  describeVip,
  prefixText,
  protocolName,
  protocols,
  vipId,
  type VipKey,
} from "../../../lib/vpp/state/vip.ts";
import { ip } from "../../support/ip.ts";

function key(prefix: string, protocol: number, port: number): VipKey {
  const [text = "", length] = prefix.split("/");
  return { address: ip(text), prefixLength: Number(length), protocol, port };
}

Deno.test("VIPs are ordered by address, length, protocol and port, each deciding before the next", () => {
  const ordered = [
    key("192.0.2.0/24", 17, 53),
    key("192.0.2.0/32", 6, 443),
    key("192.0.2.9/32", 6, 80),
    key("192.0.2.9/32", 6, 443),
    key("192.0.2.9/32", 17, 53),
    key("192.0.2.9/32", 255, 0),
    key("192.0.2.10/32", 6, 1),
    key("2001:db8::1/128", 6, 1),
  ];
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) {
      assert.equal(Math.sign(compareVips(a, b)), Math.sign(i - j), `${vipId(a)}, ${vipId(b)}`);
    }
  }
});

Deno.test("a VIP is named by its prefix, protocol and port", () => {
  const one = key("192.0.2.9/32", 17, 53);
  assert.equal(prefixText(one), "192.0.2.9/32");
  assert.equal(vipId(one), "192.0.2.9/32 17 53");
  assert.equal(describeVip(one), "192.0.2.9/32 udp 53");
  assert.equal(describeVip(key("192.0.2.1/32", 255, 0)), "192.0.2.1/32 any 0");
  assert.deepEqual(protocols, { tcp: 6, udp: 17, any: 255 });
  assert.deepEqual([6, 17, 255, 132].map(protocolName), ["tcp", "udp", "any", "any"]);
});
