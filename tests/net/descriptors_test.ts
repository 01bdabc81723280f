import assert from "node:assert/strict";
import { descriptorLimit, descriptorShares } from "../../lib/net/mod.ts";
import { Admission } from "../../lib/net/descriptors.ts";

Deno.test("the limit of descriptors is what the kernel says", async () => {
  const limits = await Deno.readTextFile("/proc/self/limits");
  assert.equal(descriptorLimit(), Number(limits.match(/^Max open files\s+(\d+)/m)?.[1]));
});

Deno.test("64 descriptors are nobody's, fewer of few; a quarter of the rest is the servers'", () => {
  assert.deepEqual(descriptorShares(64), { probes: 18, suspects: 9, servers: 6 });
  assert.deepEqual(descriptorShares(200), { probes: 113, suspects: 56, servers: 37 });
  assert.deepEqual(descriptorShares(1024), { probes: 720, suspects: 360, servers: 240 });
  assert.deepEqual(descriptorShares(1025), { probes: 721, suspects: 360, servers: 240 });
});

Deno.test("however low the limit, there is something to go on with", () => {
  for (const limit of [0, 40, 41, 42]) {
    assert.deepEqual(descriptorShares(limit), { probes: 2, suspects: 1, servers: 1 });
  }
});

Deno.test("as many probes are admitted as have their share, and more when some are over", () => {
  const admission = new Admission(48);
  for (let i = 0; i < 6; i++) assert.equal(admission.take(false), undefined);
  assert.equal(
    admission.take(false),
    "6 probes are under way, as many as may be within the 48 file descriptors of this process",
  );
  admission.giveBack(false);
  assert.equal(admission.take(false), undefined);
  assert.notEqual(admission.take(false), undefined);
});

Deno.test("silent backends get half of it, and leave the other half to those that answer", () => {
  const admission = new Admission(48);
  for (let i = 0; i < 3; i++) assert.equal(admission.take(true), undefined);
  assert.equal(
    admission.take(true),
    "3 probes wait for silent backends, as many as may be within the 48 file descriptors of " +
      "this process",
  );
  for (let i = 0; i < 3; i++) assert.equal(admission.take(false), undefined);
  assert.match(admission.take(true) ?? "", /^6 probes are under way/);
  admission.giveBack(true);
  assert.equal(admission.take(true), undefined);
  admission.giveBack(false);
  assert.match(admission.take(true) ?? "", /silent/);
});
