import assert from "node:assert/strict";
import { kernelNow, kernelWall } from "../../lib/net/kernel_clock.ts";
import { libc } from "../../lib/net/libc.ts";

Deno.test("the kernel's monotonic clock runs in milliseconds, with fractions", () => {
  const other = performance.now();
  const before = kernelNow();
  libc.usleep(12_300);
  const passed = kernelNow() - before;
  const most = performance.now() - other;
  assert.ok(passed >= 12.3, String(passed));
  // Clocks of their own, some microseconds apart.
  assert.ok(passed <= most + 0.1, `${passed} of ${most}`);
});

Deno.test("the kernel's calendar clock is Unix time in milliseconds", () => {
  const before = Date.now();
  const wall = kernelWall();
  const after = Date.now();
  assert.ok(before <= wall + 0.01 && wall < after + 1, `${before} ${wall} ${after}`);
});
