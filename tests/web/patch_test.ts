import assert from "node:assert/strict";
import { patched, patchOf } from "../../lib/web/patch.ts";
import { fold } from "../../lib/web/reduce.ts";
import { unheard } from "../../lib/web/state.ts";
import { CheckerBed } from "../rpc/checker_bed.ts";
import { smallConfig } from "../rpc/small_config.ts";
import { readingOf } from "./reading.ts";

Deno.test("a patch has the members alone that changed, and makes the frontend that it was made of", () => {
  using bed = new CheckerBed(smallConfig(300));
  const before = fold(unheard("rtr1", 0), [readingOf(bed.checker)]);
  bed.move("web7", "up");
  bed.checker.disable("web9");
  const now = fold(unheard("rtr1", 0), [readingOf(bed.checker)]);
  const patches = [...now.frontends].map(([name, frontend]) => {
    const known = before.frontends.get(name);
    const patch = known && patchOf(known, frontend);
    assert.ok(patch);
    const members = patch.pools.flatMap(({ backends }) => backends.map((each) => each.name));
    assert.deepEqual(members, ["web7", "web9"]);
    assert.deepEqual(patched(known, patch), frontend);
    return patch;
  });
  const folded = fold(before, [{ kind: "reading", patches }]);
  assert.deepEqual(folded.frontends, now.frontends);
  // What it does not know it cannot patch.
  assert.equal(fold(unheard("rtr1", 0), [{ kind: "reading", patches }]).frontends.size, 0);
});

Deno.test("there is no patch where pools or their members are others", () => {
  using bed = new CheckerBed(smallConfig(4));
  using other = new CheckerBed(smallConfig(5));
  const [was, is] = [bed, other].map(({ checker }) =>
    fold(unheard("rtr1", 0), [readingOf(checker)]).frontends.get("www")
  );
  assert.ok(was && is);
  assert.equal(patchOf(was, is), undefined);
  assert.equal(patchOf(was, { ...was, pools: was.pools.toReversed() }), undefined);
  assert.deepEqual(patchOf(was, was)?.pools.flatMap(({ backends }) => backends), []);
});
