import assert from "node:assert/strict";
import { DynamicTable } from "../../../lib/h2/hpack/dynamic_table.ts";
import type { H2Field } from "../../../lib/h2/mod.ts";

/** Costs 40 octets: 32 and both strings (RFC 7541 section 4.1). */
function entry(letter: string): H2Field {
  return [`name${letter}`, "abc"];
}

Deno.test("the newest entry of the dynamic table comes first, the oldest leaves first", () => {
  const evicted: string[] = [];
  const table = new DynamicTable(100, ([name]) => evicted.push(name));
  for (const letter of ["a", "b", "c"]) table.insert(entry(letter));
  assert.deepEqual([table.at(0), table.at(1), table.at(2)], [entry("c"), entry("b"), undefined]);
  assert.deepEqual(evicted, ["namea"]);
  assert.equal(table.size, 80);
});

Deno.test("an entry larger than the dynamic table empties it and is not an error", () => {
  const table = new DynamicTable(100);
  table.insert(entry("a"));
  assert.equal(table.insert(["x".repeat(50), "y".repeat(50)]), undefined);
  assert.deepEqual([table.count, table.size], [0, 0]);
});

Deno.test("shrinking the dynamic table evicts what no longer fits", () => {
  const table = new DynamicTable(4096);
  for (let n = 0; n < 50; n++) table.insert(entry(String(n)));
  table.resize(85);
  assert.deepEqual([table.count, table.at(0)?.[0], table.at(1)?.[0]], [2, "name49", "name48"]);
  table.resize(0);
  assert.deepEqual([table.count, table.size], [0, 0]);
});

Deno.test("an entry keeps its number while others come and go", () => {
  const table = new DynamicTable(1000);
  table.insert(entry("a"));
  const serial = table.insert(entry("b")) ?? -1;
  for (let n = 0; n < 20; n++) table.insert(entry("c"));
  assert.deepEqual(table.at(table.position(serial)), entry("b"));
});
