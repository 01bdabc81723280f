import assert from "node:assert/strict";
import { DescriptorMessage } from "../../lib/net/descriptor_message.ts";

/** Where the parts of the message are (recvmsg(2), cmsg(3), 64-bit): header, iovec, control. */
const iovec = 56;
const control = 72;

function layout(message: DescriptorMessage): DataView {
  return new DataView(message.bytes.buffer);
}

function address(message: DescriptorMessage): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(message.bytes));
}

/** A message as the kernel leaves it: a control message of `length` bytes with `values`. */
function received(
  values: readonly number[],
  length = 16 + 4 * values.length,
  level = 1,
  type = 1,
): number[] {
  const message = new DescriptorMessage();
  const view = layout(message);
  view.setBigUint64(40, BigInt(length), true);
  view.setBigUint64(control, BigInt(length), true);
  view.setInt32(control + 8, level, true);
  view.setInt32(control + 12, type, true);
  for (const [i, value] of values.entries()) view.setInt32(control + 16 + 4 * i, value, true);
  return message.descriptors();
}

Deno.test("a message that is to be received has room for data and for 16 descriptors", () => {
  const message = new DescriptorMessage();
  const view = layout(message);
  const base = address(message);
  assert.equal(view.getBigUint64(16, true), base + BigInt(iovec));
  assert.equal(view.getBigUint64(24, true), 1n);
  assert.equal(view.getBigUint64(32, true), base + BigInt(control));
  assert.equal(view.getBigUint64(40, true), 80n);
  assert.equal(view.getBigUint64(iovec, true), base + BigInt(control + 80));
  assert.equal(view.getBigUint64(iovec + 8, true), 64n);
  assert.equal(message.bytes.length, control + 80 + 64);
  assert.deepEqual(message.descriptors(), []);
});

Deno.test("a message that carries a descriptor carries nothing else", () => {
  const view = layout(DescriptorMessage.carrying(77));
  assert.equal(view.getBigUint64(40, true), 24n);
  assert.equal(view.getBigUint64(iovec + 8, true), 0n);
  assert.equal(view.getBigUint64(control, true), 20n);
  assert.equal(view.getInt32(control + 8, true), 1);
  assert.equal(view.getInt32(control + 12, true), 1);
  assert.equal(view.getInt32(control + 16, true), 77);
});

Deno.test("the descriptors of a message are read, as many as there are and have room", () => {
  assert.deepEqual(received([7]), [7]);
  assert.deepEqual(received([7, 8, 9]), [7, 8, 9]);
  assert.deepEqual(received([7, 8, 9], 16 + 11), [7, 8]);
  assert.equal(received(Array(16).fill(3), 16 + 4 * 40).length, 16);
});

Deno.test("a message without descriptors has none", () => {
  assert.deepEqual(received([], 0), []);
  assert.deepEqual(received([7], 19), []);
  assert.deepEqual(received([7], 20, 2), []);
  assert.deepEqual(received([7], 20, 1, 2), []);
});
