import assert from "node:assert/strict";
import { ConnectionDeadlines } from "../../lib/h2/connection_deadlines.ts";

Deno.test("each deadline is set and cleared for itself", () => {
  const names = ["handshake", "headerBlock", "body", "idle", "keepalive", "keepaliveAck"] as const;
  const others = ["write", "window", "goaway", "drain", "grace"] as const;
  const all = [...names, ...others];
  const deadlines = new ConnectionDeadlines();
  for (const [n, name] of all.entries()) deadlines.set(name, n);
  assert.deepEqual(all.map((name) => deadlines.isSet(name)), all.map(() => true));
  assert.equal(deadlines.next(), 0);
  assert.deepEqual(deadlines.due(5), names);
  assert.deepEqual(all.map((name) => deadlines.isSet(name)), all.map((_, n) => n > 5));
  deadlines.clearAll();
  assert.deepEqual(deadlines.due(1e9), []);
  assert.equal(deadlines.next(), undefined);
});

Deno.test("deadlines come due once, the earliest is known", () => {
  const deadlines = new ConnectionDeadlines();
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
