import assert from "node:assert/strict";
import { EchoTable } from "../../lib/probes/echo_table.ts";
import type { Echo } from "../../lib/probes/icmp_packet.ts";
import { Random } from "../../lib/simulation/random.ts";

function echo(sequence: number): Echo {
  return { id: 1, sequence, token: [0, 0] };
}

/** Adds one with the first sequence number that is free from `start` on. */
function add(table: EchoTable<Echo>, start: number): Echo {
  const added = echo(table.free(start));
  table.add(added);
  return added;
}

Deno.test("an echo is found by its sequence number alone, until it is taken out", () => {
  const table = new EchoTable<Echo>();
  const [first, other] = [add(table, 7), echo(7)];
  assert.equal(first.sequence, 7);
  assert.equal(table.get(7), first);
  assert.equal(table.get(7 + 64), undefined, "of the same place");
  assert.equal(table.delete(other), false, "another one of the same number");
  assert.equal(table.get(7), first);
  assert.deepEqual([table.delete(first), table.delete(first), table.size], [true, false, 0]);
  assert.equal(table.get(7), undefined);
});

Deno.test("a number whose place is taken is passed over, and the last is followed by the first", () => {
  const table = new EchoTable<Echo>();
  assert.equal(add(table, 65_535 + 65_536).sequence, 65_535);
  assert.equal(add(table, 65_535).sequence, 0);
  assert.equal(add(table, 63).sequence, 65, "63 has the place of 65,535, and 64 that of 0");
});

Deno.test("there are more places before the half of them is exceeded", () => {
  const table = new EchoTable<Echo>();
  for (let i = 0; i < 31; i++) add(table, i);
  assert.equal(table.free(64), 95, "of 64 places the first 31 are taken");
  add(table, 31);
  assert.equal(table.free(64), 64, "of 128 that one is free");
});

Deno.test("as many fit as the limit says, and each is found among all of them", () => {
  const table = new EchoTable<Echo>();
  const added = Array.from({ length: EchoTable.limit }, () => add(table, 1_000));
  assert.equal(table.size, 32_768);
  assert.equal(new Set(added.map(({ sequence }) => sequence)).size, 32_768);
  for (const each of added) assert.equal(table.get(each.sequence), each);
});

Deno.test("whatever comes and goes, the table has what a map would", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const [table, map] = [new EchoTable<Echo>(), new Map<number, Echo>()];
    for (let step = 0; step < 3_000; step++) {
      const known = [...map.values()][Math.floor(random.next() * map.size)];
      if (known && random.next() < (step % 1_000) / 1_000) {
        assert.equal(table.delete(known), true);
        map.delete(known.sequence);
      } else {
        const added = add(table, Math.floor(random.next() * 2 ** 32));
        assert.equal(map.has(added.sequence), false);
        map.set(added.sequence, added);
      }
      assert.equal(table.size, map.size);
    }
    for (const [sequence, each] of map) assert.equal(table.get(sequence), each, `seed ${seed}`);
  }
});
