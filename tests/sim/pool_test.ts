import assert from "node:assert/strict";
import { Pool } from "../../lib/sim/pool.ts";

Deno.test("an index stays its element's, and the one freed last is given out first", () => {
  const pool = new Pool<string>();
  assert.deepEqual(["a", "b", "c"].map((each) => pool.put(each)), [0, 1, 2]);
  pool.free(0);
  pool.free(2);
  assert.deepEqual([pool.size, pool.next, pool.get(0), pool.get(1)], [1, 2, undefined, "b"]);
  assert.deepEqual(["d", "e", "f"].map((each) => pool.put(each)), [2, 0, 3]);
  assert.deepEqual([pool.size, pool.next], [4, 4]);
  assert.deepEqual([...pool], ["e", "b", "d", "f"], "by index, whatever came first");
  assert.deepEqual([...pool.entries()], [[0, "e"], [1, "b"], [2, "d"], [3, "f"]]);
});

Deno.test("what is free already is not freed again", () => {
  const pool = new Pool<string>();
  pool.put("a");
  pool.free(0);
  pool.free(0);
  pool.free(7);
  assert.deepEqual([pool.size, [...pool], [...pool.entries()]], [0, [], []]);
  assert.deepEqual([pool.put("b"), pool.put("c")], [0, 1]);
});
