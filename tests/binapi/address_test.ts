import assert from "node:assert/strict";
import {
  address,
  addressUnion,
  DecodeError,
  EncodeError,
  ip4Address,
  ip6Address,
  struct,
  u8,
} from "../../lib/binapi/mod.ts";
import { read, written } from "./support.ts";
import type { IpAddress } from "../../lib/ip/mod.ts";
import { ip } from "../support/ip.ts";

Deno.test("an address is a family and 16 bytes, an IPv4 one in the first four", () => {
  const v4 = [0, 192, 51, 2, 1, ...Array(12).fill(0)];
  assert.deepEqual(written(address, ip("192.51.2.1")), v4);
  assert.equal(read(address, v4).text, "192.51.2.1");
  assert.equal(read(address, v4), read(address, v4), "made once");
  assert.equal(read(address, [...v4.slice(0, 5), ...Array(12).fill(9)]).text, "192.51.2.1");
  const v6 = [1, 0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 5];
  assert.deepEqual(written(address, ip("2001:db8::5")), v6);
  assert.equal(read(address, v6).text, "2001:db8::5");
  assert.equal(read(address, v6), read(address, v6), "made once");
  assert.throws(
    () => read(address, [2, ...Array(16).fill(0)]),
    new DecodeError("address family 2 is neither IPv4 nor IPv6"),
  );
});

Deno.test("what follows an address begins behind its 16 bytes, whatever its family", () => {
  const both = struct<{ at: IpAddress; len: number }>({ at: address, len: u8 });
  for (const text of ["192.0.2.1", "2001:db8::5"]) {
    const bytes = written(both, { at: ip(text), len: 9 });
    assert.equal(bytes.length, 1 + 16 + 1);
    assert.deepEqual(read(both, bytes), { at: ip(text), len: 9 });
  }
});

Deno.test("an address of one family is that family's bytes", () => {
  assert.deepEqual(written(ip4Address, ip("192.0.2.1")), [192, 0, 2, 1]);
  assert.deepEqual(written(ip6Address, ip("::5")), [...Array(15).fill(0), 5]);
  assert.throws(() => written(ip4Address, ip("::5")), new EncodeError("::5 is not IPv4"));
  assert.throws(() => written(ip6Address, ip("10.0.0.1")), new EncodeError("10.0.0.1 is not IPv6"));
  const any = Array.from({ length: 16 }, (_, i) => i);
  assert.deepEqual(written(addressUnion, Uint8Array.from(any)), any);
  assert.deepEqual([...read(addressUnion, [...any, 99])], any);
});
