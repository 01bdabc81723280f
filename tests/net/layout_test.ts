import assert from "node:assert/strict";
import { parseIp } from "../../lib/ip/mod.ts";
import { encodeSocketAddress, epollLayout, unixAddress } from "../../lib/net/layout.ts";

function encode(text: string, port: number): number[] {
  const address = parseIp(text);
  assert.ok(address);
  const into = new Uint8Array(28).fill(0xee);
  const length = encodeSocketAddress(into, address, port);
  assert.equal(length, address.family === 4 ? 16 : 28);
  return Array.from(into.subarray(0, length));
}

Deno.test("epoll_event is packed on x86-64 and aligned on arm64", () => {
  assert.deepEqual(epollLayout("x86_64"), { stride: 3, data: 1 });
  assert.deepEqual(epollLayout("aarch64"), { stride: 4, data: 2 });
});

Deno.test("an unknown machine is refused by name", () => {
  assert.throws(() => epollLayout("riscv64"), /riscv64 is unknown/);
});

Deno.test("sockaddr_in has the family in machine order and the port in network order", () => {
  assert.deepEqual(encode("192.0.2.1", 8080), [
    ...[2, 0, 0x1f, 0x90],
    ...[192, 0, 2, 1],
    ...[0, 0, 0, 0, 0, 0, 0, 0],
  ]);
});

Deno.test("sockaddr_in6 has flow label and scope 0 around the address", () => {
  assert.deepEqual(encode("2001:db8::1", 443), [
    ...[10, 0, 0x01, 0xbb],
    ...[0, 0, 0, 0],
    ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ...[0, 0, 0, 0],
  ]);
});

Deno.test("an address is the family, the path's octets, and a NUL", () => {
  assert.deepEqual(unixAddress("/é"), Uint8Array.of(1, 0, 0x2f, 0xc3, 0xa9, 0));
});

Deno.test("a path has one to 107 octets, and no NUL", () => {
  assert.equal(unixAddress("x".repeat(107)).length, 110);
  for (const path of ["", "x".repeat(108), "é".repeat(54), "/a\0b"]) {
    assert.throws(() => unixAddress(path), {
      name: "RangeError",
      message: `a socket's path has 1 to 107 bytes and no NUL: ${JSON.stringify(path)}`,
    });
  }
});
