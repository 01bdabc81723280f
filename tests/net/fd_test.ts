import assert from "node:assert/strict";
import { FileDescriptor } from "../../lib/net/fd.ts";

/** A number that belongs to no open file: closing it closes nobody's. */
const unused = 1_000_000;

Deno.test("a descriptor is its owner's until it is closed, which happens once", () => {
  const owner = new FileDescriptor(unused);
  assert.deepEqual([owner.closed, owner.number], [false, unused]);
  owner[Symbol.dispose]();
  assert.equal(owner.closed, true);
  assert.throws(() => owner.number, /^Error: the file descriptor is already closed$/);
  owner[Symbol.dispose]();
});

Deno.test("what was given away is not closed any more, nor given away again", () => {
  const owner = new FileDescriptor(0);
  assert.equal(owner.release(), 0);
  assert.equal(owner.closed, true);
  assert.throws(() => owner.release(), /already closed/);
  owner[Symbol.dispose]();
});
