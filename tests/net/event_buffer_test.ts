import assert from "node:assert/strict";
import { EventBuffer, noSlot } from "../../lib/net/event_buffer.ts";

Deno.test("an event that is set reads back, in memory as the kernel has it", () => {
  const buffer = new EventBuffer(2);
  buffer.set(5, 7, 0xffff_fffe);
  assert.deepEqual([buffer.events(0), buffer.slot(0), buffer.generation(0)], [5, 7, 0xffff_fffe]);
  // struct epoll_event is packed on x86-64 alone: 12 octets there, 16 elsewhere.
  const [size, data] = Deno.build.arch === "x86_64" ? [12, 4] : [16, 8];
  assert.equal(buffer.bytes.length, 2 * size);
  const view = new DataView(buffer.bytes.buffer);
  assert.deepEqual(
    [0, data, data + 4].map((at) => view.getUint32(at, true)),
    [5, 7, 0xffff_fffe],
  );
  view.setUint32(size, 9, true);
  view.setUint32(size + data, 11, true);
  view.setUint32(size + data + 4, 13, true);
  assert.deepEqual([buffer.events(1), buffer.slot(1), buffer.generation(1)], [9, 11, 13]);
});

Deno.test("behind the last event there is nothing, of nobody", () => {
  const buffer = new EventBuffer(1);
  assert.deepEqual([buffer.events(1), buffer.slot(1), buffer.generation(1)], [0, noSlot, 0]);
});
