import assert from "node:assert/strict";
import { systemClock } from "../../lib/time/mod.ts";

Deno.test("the system clock never calls before the delay has passed", async () => {
  for (const delay of [0, 0.4, 1.5, 3.7]) {
    const start = systemClock.now();
    await new Promise<void>((resolve) => systemClock.after(delay, resolve));
    assert.ok(systemClock.now() - start >= delay);
  }
});

Deno.test("a cancelled call of the system clock does not happen", async () => {
  let called = false;
  systemClock.after(1, () => called = true).cancel();
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  assert.equal(called, false);
});

Deno.test("a delay beyond what timers can count is a long one, not an instant one", async () => {
  let called = false;
  const timer = systemClock.after(1e12, () => called = true);
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  timer.cancel();
  assert.equal(called, false);
});

Deno.test("wall time is Unix time", () => {
  assert.ok(Math.abs(systemClock.wall() - Date.now()) < 1_000);
});
