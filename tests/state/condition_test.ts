import assert from "node:assert/strict";
import { Condition } from "../../lib/state/condition.ts";

Deno.test("nothing is kept since that was said first, until all is again", () => {
  let now = 1_000;
  const condition = new Condition(() => now);
  assert.deepEqual(condition.told, { notKept: undefined, troubles: [] });
  condition.notKept("no space left");
  now = 2_000;
  condition.notKept("the disk hangs");
  assert.deepEqual(condition.told.notKept, { since: 1_000, reason: "the disk hangs" });
  condition.kept();
  assert.equal(condition.told.notKept, undefined);
  condition.notKept("no space left");
  assert.deepEqual(condition.told.notKept, { since: 2_000, reason: "no space left" });
});

Deno.test("of troubles the last ten are told, oldest first, and what was told stays as it was", () => {
  let now = 0;
  const condition = new Condition(() => now);
  const before = condition.told.troubles;
  for (now = 1; now <= 11; now++) condition.trouble({ level: "warn", text: `${now}` });
  assert.deepEqual(before, []);
  const { troubles } = condition.told;
  assert.deepEqual([troubles.length, troubles[0], troubles.at(-1)], [
    ...[10, { at: 2, text: "2" }, { at: 11, text: "11" }],
  ]);
});
