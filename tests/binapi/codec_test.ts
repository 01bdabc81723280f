/** Values on the wire, one at a time: what fits, what does not, and what is said of that. */

import assert from "node:assert/strict";
import {
  address,
  addressUnion,
  bool,
  counted,
  DecodeError,
  decodeMessage,
  EncodeError,
  encodeMessage,
  type Field,
  fixedString,
  i32,
  ip4Address,
  ip6Address,
  message,
  repeated,
  struct,
  u16,
  u32,
  u8,
  variableString,
  WireReader,
  WireWriter,
} from "../../lib/binapi/mod.ts";
import type { IpAddress } from "../../lib/ip/mod.ts";
import { ip } from "../support/ip.ts";

function written<T>(field: Field<T>, value: T, all: Record<string, unknown> = {}): number[] {
  const writer = new WireWriter(1);
  field.write(writer, value, all);
  return [...writer.written()];
}

function read<T>(
  field: Field<T>,
  bytes: readonly number[],
  before: Record<string, unknown> = {},
): T {
  return field.read(new WireReader(Uint8Array.from(bytes)), before);
}

Deno.test("numbers go to their ends, and no further", () => {
  const cases = [[u8, "u8", 0xff], [u16, "u16", 0xffff], [u32, "u32", 0xffff_ffff]] as const;
  for (const [field, name, most] of cases) {
    for (const value of [0, 1, most]) assert.equal(read(field, written(field, value)), value);
    for (const value of [-1, 0.5, NaN, most + 1]) {
      assert.throws(
        () => written(field, value),
        new EncodeError(`${value} does not fit a ${name}`),
      );
    }
  }
  assert.deepEqual(written(u32, 0x01020304), [1, 2, 3, 4]);
  for (const value of [-1, -0x8000_0000, 0x7fff_ffff]) {
    assert.equal(read(i32, written(i32, value)), value);
  }
  assert.deepEqual([0, 1, 2, 255].map((byte) => read(bool, [byte])), [false, true, true, true]);
  assert.deepEqual([written(bool, true), written(bool, false)], [[1], [0]]);
});

Deno.test("a string of VPP's has room for its terminator, and is taken as it is", () => {
  const four = fixedString(4);
  assert.deepEqual(written(four, ""), [0, 0, 0, 0]);
  assert.deepEqual(written(four, "abc"), [97, 98, 99, 0]);
  assert.throws(
    () => written(four, "abcd"),
    new EncodeError('"abcd" is longer than the 3 bytes VPP has for it'),
  );
  assert.equal(read(four, [97, 0, 98, 99]), "a", "what follows the terminator is garbage");
  assert.equal(read(four, [97, 98, 99, 100]), "abcd", "VPP may leave it out");
  assert.equal(read(four, [0, 97, 98, 99]), "");
  const text = "\ufeffä";
  assert.equal(read(variableString, written(variableString, text)), text);
  assert.deepEqual(written(variableString, "ab"), [0, 0, 0, 2, 97, 98]);
});

Deno.test("lists have the length that is said elsewhere", () => {
  const list = counted(u16, "count");
  assert.deepEqual(written(list, [1, 2], { count: 2 }), [0, 1, 0, 2]);
  assert.deepEqual(read(list, [0, 1, 0, 2], { count: 2 }), [1, 2]);
  assert.deepEqual(read(list, [], { count: 0 }), []);
  assert.throws(
    () => written(list, [1], { count: 2 }),
    new EncodeError("count is 2 for 1 items"),
  );
  assert.throws(
    () => read(list, [0, 1], { count: 3 }),
    new DecodeError("count says 3, more than there is"),
  );
  assert.throws(() => read(list, [0, 1], { count: 2 }), /2 bytes are wanted at offset 2/);
  const two = repeated(u8, 2);
  assert.deepEqual(read(two, [7, 8]), [7, 8]);
  assert.deepEqual(written(two, [7, 8]), [7, 8]);
  assert.throws(() => written(two, [1]), new EncodeError("1 items instead of 2"));
});

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

Deno.test("reading ends where the bytes do, and says where that is", () => {
  const reader = new WireReader(Uint8Array.of(1, 2, 3, 4, 5, 6));
  assert.equal(reader.u32(), 0x01020304);
  assert.equal(reader.left, 2);
  assert.throws(
    () => reader.u32(),
    new DecodeError("4 bytes are wanted at offset 4, only 2 are there"),
  );
  reader.skip(1);
  assert.deepEqual([...reader.raw(1)], [6]);
  assert.equal(reader.left, 0);
  assert.equal(reader.raw(0).length, 0);
  assert.throws(
    () => reader.u8(),
    new DecodeError("1 bytes are wanted at offset 6, only 0 are there"),
  );
});

Deno.test("writing has no end, and can be taken back", () => {
  const writer = new WireWriter(4);
  for (let i = 0; i < 100; i++) writer.u16(i);
  writer.zeros(300);
  assert.equal(writer.length, 500);
  writer.patchU32(196, 0xffff_ffff);
  assert.deepEqual([...writer.written().subarray(192, 204)], [
    ...[0, 96, 0, 97, 255, 255, 255, 255],
    ...[0, 0, 0, 0],
  ]);
  writer.truncate(2);
  writer.raw(Uint8Array.of(7, 8));
  writer.zeros(2);
  assert.deepEqual([...writer.written()], [0, 0, 7, 8, 0, 0], "over what was written there");
});

Deno.test("a mistake in a field is no fault of the value's, and passes as it is", () => {
  const mistake = new TypeError("undefined is not a function");
  const fails = (): never => {
    throw mistake;
  };
  const broken: Field<number> = { read: fails, write: fails };
  const odd = message("odd", "00000000", "client", { broken });
  const header = { id: 1, clientIndex: 0, context: 0 };
  assert.throws(() => encodeMessage(new WireWriter(), odd, header, { broken: 1 }), mistake);
  assert.throws(() => decodeMessage(odd, new Uint8Array(20)), mistake);
});

Deno.test("a header has the id, client_index where the message has one, and the context", () => {
  const header = { id: 0x0102, clientIndex: 0x80000003, context: 4 };
  for (const kind of ["client", "context"] as const) {
    const writer = new WireWriter();
    const one = message("one", "00000000", kind, { value: u8 });
    encodeMessage(writer, one, header, { value: 5 });
    const index = kind === "client" ? [0x80, 0, 0, 3] : [];
    assert.deepEqual([...writer.written()], [1, 2, ...index, 0, 0, 0, 4, 5]);
    assert.deepEqual(decodeMessage(one, writer.written()), {
      header: { ...header, clientIndex: kind === "client" ? header.clientIndex : 0 },
      value: { value: 5 },
    });
  }
});

Deno.test("a message ends with its last field, to the byte", () => {
  const one = message("one", "00000000", "context", { value: u8 });
  const bytes = [0, 1, 0, 0, 0, 7, 42];
  const { header, value } = decodeMessage(one, Uint8Array.from(bytes));
  assert.deepEqual([header, value], [{ id: 1, clientIndex: 0, context: 7 }, { value: 42 }]);
  assert.throws(
    () => decodeMessage(one, Uint8Array.from([...bytes, 0])),
    new DecodeError("one: 1 bytes follow the last field"),
  );
});

Deno.test("a list may take all that is left, and a string of VPP's begins as it is", () => {
  assert.deepEqual(read(counted(u8, "count"), [7, 8], { count: 2 }), [7, 8]);
  const marked = "\ufeffa";
  const field = fixedString(8);
  assert.equal(read(field, written(field, marked)), marked);
});

Deno.test("what is written at once may be longer than twice what there was room for", () => {
  const writer = new WireWriter(4);
  writer.raw(new Uint8Array(100).fill(5));
  assert.deepEqual([...writer.written()], Array(100).fill(5));
});
