import assert from "node:assert/strict";
import type { MaglevEvent } from "../../lib/events/mod.ts";
import { Dirty } from "../../lib/state/dirty.ts";
import { event } from "./support/fixtures.ts";

const { seq, at, cause } = event(1);

/** What is noted of an event. */
function noted(event: object): [backends: string[], frontends: string[], said: string] {
  const dirty = new Dirty();
  const said = dirty.hear({ seq, at, cause, ...event } as MaglevEvent);
  return [[...dirty.backends], [...dirty.frontends], said];
}

Deno.test("an event tells whose rows are to be kept anew", () => {
  const cases: [event: object, backends: string[], frontends: string[]][] = [
    [{ kind: "backend", backend: "b", frontends: ["f", "g"] }, ["b"], ["f", "g"]],
    [{ kind: "drain", backend: "b", frontends: ["f"] }, ["b"], ["f"]],
    [{ kind: "pool", frontend: "f" }, [], ["f"]],
    [{ kind: "weight", frontend: "f", backend: "b" }, [], ["f"]],
    [{ kind: "weight", frontend: "", backend: "b" }, [], []],
    [{ kind: "safety", frontend: "f", backend: "b" }, [], ["f"]],
    [{ kind: "safety", frontend: "", backend: "b" }, ["b"], []],
    [{ kind: "operator", frontend: "f", backend: "b" }, ["b"], ["f"]],
    [{ kind: "operator", frontend: "", backend: "" }, [], []],
    [{ kind: "override", frontend: "", backend: "b" }, ["b"], []],
    [{ kind: "override", frontend: "f", backend: "b" }, ["b"], ["f"]],
    [{ kind: "frontend", frontend: "f", transition: { to: "removed" } }, [], ["f"]],
    [{ kind: "frontend", frontend: "f", transition: { to: "up" } }, [], []],
    [{ kind: "reload", result: "rejected" }, [], []],
    [{ kind: "vpp" }, [], []],
    [{ kind: "probing" }, [], []],
    [{ kind: "audit" }, [], []],
  ];
  for (const [event, backends, frontends] of cases) {
    assert.deepEqual(noted(event), [backends, frontends, "named"], JSON.stringify(event));
  }
  assert.deepEqual(noted({ kind: "reload", result: "applied" }), [[], [], "anything"]);
});

Deno.test("what is taken is gone, so many of each at most, and is there again when put back", () => {
  const dirty = new Dirty();
  for (const name of ["a", "b", "c"]) dirty.backends.add(name);
  dirty.frontends.add("f");
  dirty.flushed({ vip: "v1", addresses: ["10.0.0.1"] });
  dirty.flushed({ vip: "v2", addresses: [] });
  const taken = dirty.take(2);
  assert.deepEqual([taken.backends, taken.frontends], [["a", "b"], ["f"]]);
  assert.deepEqual(taken.flushes.map(({ vip }) => vip), ["v1", "v2"]);
  assert.deepEqual([[...dirty.backends], dirty.frontends.size, dirty.isEmpty], [["c"], 0, false]);
  dirty.putBack(taken);
  assert.deepEqual(dirty.take(9), { ...taken, backends: ["c", "a", "b"] });
  assert.equal(dirty.isEmpty, true);
});

Deno.test("whatever there is to be kept, it is not empty", () => {
  const dirty = new Dirty();
  dirty.backends.add("b");
  dirty.frontends.add("f");
  assert.equal(dirty.isEmpty, false);
  dirty.backends.clear();
  dirty.flushed({ vip: "v", addresses: [] });
  assert.equal(dirty.isEmpty, false);
});

Deno.test("what was put back is no newer than what was heard since", () => {
  const dirty = new Dirty();
  dirty.flushed({ vip: "v", addresses: ["10.0.0.1"] });
  assert.equal(dirty.isEmpty, false);
  const taken = dirty.take(1);
  const newer = { vip: "v", addresses: ["10.0.0.1", "10.0.0.2"] };
  dirty.flushed(newer);
  dirty.putBack(taken);
  assert.deepEqual(dirty.take(1).flushes, [newer]);
});
