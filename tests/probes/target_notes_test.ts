import assert from "node:assert/strict";
import { SilentTargets } from "../../lib/probes/silent_targets.ts";
import { ip } from "../support/ip.ts";

Deno.test("who did not answer last time is silent, until it answers", () => {
  const [one, other] = [ip("10.0.0.1"), ip("10.0.0.2")];
  const targets = new SilentTargets();
  targets.note(one, true);
  assert.deepEqual([targets.has(one), targets.has(other)], [true, false]);
  targets.note(other, false);
  targets.note(one, false);
  assert.deepEqual([targets.has(one), targets.has(other)], [false, false]);
});
