import assert from "node:assert/strict";
import { CopiedMembers } from "../../lib/checker/copies.ts";
import type { Membership } from "../../lib/checker/backend.ts";

Deno.test("members are copied when they are looked at, once each", () => {
  const originals = new Map(["a", "b", "c"].map((name, pool) => [name, { pool } as Membership]));
  const copied: number[] = [];
  const members = new CopiedMembers(originals, (member) => {
    copied.push(member.pool);
    return { ...member };
  });
  assert.deepEqual([members.size, members.has("b"), members.has("x")], [3, true, false]);
  assert.deepEqual([...members.keys()], ["a", "b", "c"]);
  assert.deepEqual(copied, [], "none has been looked at");
  const b = members.get("b");
  assert.deepEqual(b, originals.get("b"));
  assert.notEqual(b, originals.get("b"));
  assert.equal(members.get("b"), b);
  assert.equal(members.get("x"), undefined);
  assert.deepEqual([...members].map(([name, { pool }]) => `${name}${pool}`), ["a0", "b1", "c2"]);
  assert.deepEqual([...members.values()][1], b);
  assert.deepEqual(copied, [1, 0, 2]);
});
