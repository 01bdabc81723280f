import assert from "node:assert/strict";
import { FailedLogins, RecentFailures } from "../../lib/port/failed_logins.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** Milliseconds that a failure of each of these waits, one after the other. */
async function waits(clock: FakeClock, failures: FailedLogins, ...peers: string[]) {
  const found: number[] = [];
  for (const peer of peers) {
    const began = clock.now();
    const pause = failures.pause(peer).then(() => found.push(clock.now() - began));
    while (clock.pending > 0) await clock.advanceAsync(50);
    await pause;
  }
  return found;
}

Deno.test("who fails again waits longer, by network, and not for ever", async () => {
  const clock = new FakeClock();
  const failures = new FailedLogins(clock);
  const same = Array.from({ length: 8 }, (_, i) => `2001:db8::${i}`);
  assert.deepEqual(await waits(clock, failures, ...same), [
    ...[100, 200, 400, 800, 1600, 3200, 4000, 4000],
  ]);
  assert.deepEqual(await waits(clock, failures, "2001:db8:0:1::1", "192.0.2.1"), [100, 100]);
  assert.deepEqual(await waits(clock, failures, "unix:alice", "unix:bob"), [100, 100]);
  await clock.advanceAsync(59_000);
  assert.deepEqual(await waits(clock, failures, "192.0.2.1"), [200]);
  // A minute after the failure, of which 200 ms have gone.
  await clock.advanceAsync(59_800);
  assert.deepEqual(await waits(clock, failures, "192.0.2.1"), [100]);
});

Deno.test("what is left of what a failure costs is told of its network, and of no other", () => {
  const clock = new FakeClock();
  const failures = new RecentFailures(clock);
  clock.advance(10_000);
  assert.deepEqual([failures.add("192.0.2.1"), failures.add("192.0.2.1")], [100, 200]);
  clock.advance(150);
  assert.deepEqual([failures.leftMs("192.0.2.1"), failures.leftMs("192.0.2.2")], [50, 0]);
  clock.advance(100);
  assert.equal(failures.leftMs("192.0.2.1"), 0);
});

Deno.test("of many networks the one that failed longest ago is forgotten", async () => {
  const clock = new FakeClock();
  const failures = new FailedLogins(clock);
  const peers = Array.from({ length: 1_024 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  const all = peers.map((peer) => failures.pause(peer));
  const more = failures.pause("192.0.2.1");
  await clock.advanceAsync(100);
  await Promise.all([...all, more]);
  assert.deepEqual(await waits(clock, failures, "10.0.0.1", "10.0.0.0"), [200, 100]);
});

Deno.test("a network that has failed again is not the one that failed longest ago", () => {
  const failures = new RecentFailures(new FakeClock());
  const peers = Array.from({ length: 1_024 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const peer of [...peers, "10.0.0.0", "192.0.2.1"]) failures.add(peer);
  assert.deepEqual(["10.0.0.0", "10.0.0.1"].map((peer) => failures.add(peer)), [400, 100]);
});

Deno.test("of one network few wait at a time, and who has waited longest is told", async () => {
  const clock = new FakeClock();
  const failures = new FailedLogins(clock);
  const told: number[] = [];
  const fail = (peer: string, number: number) => failures.pause(peer).then(() => told.push(number));
  const all = Array.from({ length: 1_000 }, (_, i) => fail("192.0.2.1", i));
  await Promise.all(all.slice(0, 984));
  assert.deepEqual(told, Array.from({ length: 984 }, (_, i) => i));
  const other = fail("192.0.2.2", 1_000);
  await clock.advanceAsync(100);
  await other;
  assert.equal(clock.pending, 16);
  await clock.advanceAsync(4_000);
  await Promise.all(all);
  assert.equal(clock.pending, 0);
});
