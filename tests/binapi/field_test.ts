/** Values on the wire, one at a time: what fits, what does not, and what is said of that. */

import assert from "node:assert/strict";
import {
  bool,
  counted,
  DecodeError,
  EncodeError,
  fixedString,
  i32,
  repeated,
  u16,
  u32,
  u8,
  variableString,
} from "../../lib/binapi/mod.ts";
import { read, written } from "./support.ts";

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

Deno.test("a list may take all that is left, and a string of VPP's begins as it is", () => {
  assert.deepEqual(read(counted(u8, "count"), [7, 8], { count: 2 }), [7, 8]);
  const marked = "\ufeffa";
  const field = fixedString(8);
  assert.equal(read(field, written(field, marked)), marked);
});
