import assert from "node:assert/strict";
import {
  formatAddress,
  formatIpv6,
  formatPrefix,
  fromWire,
  masked,
  prefixFromWire,
  prefixToWire,
  toWire,
} from "../../lib/sim/ip46.ts";
import { ip } from "../support/ip.ts";

const prefix = (address: string, len: number) => prefixFromWire({ address: ip(address), len });

Deno.test("an address goes to 16 octets and back, IPv4 in the last four", () => {
  assert.equal(fromWire(ip("192.0.2.1")).toHex(), "000000000000000000000000c0000201");
  for (const text of ["192.0.2.1", "2001:db8::1"]) {
    assert.equal(toWire(fromWire(ip(text))).text, text);
    assert.equal(formatAddress(fromWire(ip(text))), text);
  }
  assert.equal(toWire(fromWire(ip("::1"))).text, "0.0.0.1", "here as in VPP");
});

Deno.test("a prefix loses its host bits, and comes back with its own length", () => {
  const cases = [
    ["192.0.2.77", 32, "192.0.2.77/32"],
    ["192.0.2.77", 26, "192.0.2.64/26"],
    ["192.0.2.77", 0, "0.0.0.0/0"],
    ["2001:db8:ffff::1", 128, "2001:db8:ffff::1/128"],
    ["2001:db8:ffff::1", 35, "2001:db8:e000::/35"],
  ] as const;
  for (const [address, length, text] of cases) {
    const made = prefix(address, length);
    assert.equal(formatPrefix(made), text);
    const { address: back, len } = prefixToWire(made);
    assert.equal(`${back.text}/${len}`, text);
  }
});

Deno.test("a length wraps around at 256, as in VPP", () => {
  assert.equal(prefix("192.0.2.1", 160).length, 0);
  assert.equal(formatPrefix(prefix("2001:db8::1", 64 + 256)), "2001:db8::/64");
});

Deno.test("bits behind a length are cleared, and none before it", () => {
  const ones = new Uint8Array(16).fill(0xff);
  assert.equal(masked(ones, 0).toHex(), "00".repeat(16));
  assert.equal(masked(ones, 12).toHex(), `fff0${"00".repeat(14)}`);
  assert.equal(masked(ones, 128).toHex(), "ff".repeat(16));
});

Deno.test("of groups that are zero the first longest run is left out, a single one as well", () => {
  const text = (hex: string) => formatIpv6(Uint8Array.fromHex(hex.replaceAll(" ", "")));
  assert.equal(text("2001 0db8 0000 0001 0002 0003 0004 0005"), "2001:db8::1:2:3:4:5");
  assert.equal(text("0001 0000 0000 0002 0000 0000 0003 0004"), "1::2:0:0:3:4");
  assert.equal(text("0001 0000 0002 0000 0000 0000 0003 0004"), "1:0:2::3:4");
  assert.equal(text("0000 0000 0000 0000 0000 0000 0000 0000"), "::");
  assert.equal(text("0001 0002 0003 0004 0005 0006 0007 0008"), "1:2:3:4:5:6:7:8");
});
