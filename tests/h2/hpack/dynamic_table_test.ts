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

Deno.test("an entry that just fits stays, and one octet less room evicts it", () => {
  const table = new DynamicTable(80);
  table.insert(entry("a"));
  table.insert(entry("b"));
  assert.deepEqual([table.count, table.size, table.maxSize], [2, 80, 80]);
  table.resize(79);
  assert.deepEqual([table.count, table.size, table.maxSize], [1, 40, 79]);
  const exact = new DynamicTable(40);
  assert.equal(exact.insert(entry("a")), 0);
  assert.equal(exact.count, 1);
});

Deno.test("who hears of an eviction finds the entry gone, and knows it by its number", () => {
  const heard: [name: string, serial: number, count: number, size: number][] = [];
  const table = new DynamicTable(80, ([name], serial) => {
    heard.push([name, serial, table.count, table.size]);
  });
  for (const letter of ["a", "b", "c"]) table.insert(entry(letter));
  table.resize(0);
  assert.deepEqual(heard, [["namea", 0, 1, 40], ["nameb", 1, 1, 40], ["namec", 2, 0, 0]]);
});

Deno.test("there is nothing beyond the oldest entry, also where 16 fill their places", () => {
  const table = new DynamicTable(1_000_000);
  for (let n = 0; n < 16; n++) table.insert(entry("x"));
  assert.deepEqual([table.at(15), table.at(16), table.at(17)], [entry("x"), undefined, undefined]);
});

Deno.test("entries keep their order when the table grows beyond 16 and 32, wherever it began", () => {
  for (const gone of [0, 5, 16, 21]) {
    const table = new DynamicTable(1_000_000);
    for (let n = 0; n < gone; n++) table.insert(entry("x"));
    table.resize(0);
    table.resize(1_000_000);
    for (let n = 0; n < 40; n++) table.insert([`name${n}`, ""]);
    const names = Array.from({ length: 41 }, (_, position) => table.at(position)?.[0]);
    assert.deepEqual(names, [...Array.from({ length: 40 }, (_, n) => `name${39 - n}`), undefined]);
  }
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
