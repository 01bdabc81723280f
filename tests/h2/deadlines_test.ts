import assert from "node:assert/strict";
import { Deadlines } from "../../lib/h2/deadlines.ts";

Deno.test("deadlines come due once, the earliest is known", () => {
  const deadlines = new Deadlines();
  assert.equal(deadlines.next(), undefined);
  deadlines.set("idle", 300);
  deadlines.set("write", 100);
  deadlines.set("keepalive", 100);
  assert.equal(deadlines.next(), 100);
  assert.deepEqual(deadlines.due(99), []);
  assert.deepEqual(deadlines.due(100), ["keepalive", "write"]);
  assert.deepEqual(deadlines.due(200), []);
  deadlines.clear("idle");
  assert.equal(deadlines.next(), undefined);
});
