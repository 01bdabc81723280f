import assert from "node:assert/strict";
import { Pace } from "../../lib/net/pace.ts";

function wake(pace: Pace, gapMs: number, times: number): void {
  for (let i = 0, now = 0; i < times; i++, now += gapMs) pace.woken(now);
}

Deno.test("seldom wake-ups are never batched", () => {
  const pace = new Pace();
  wake(pace, 5, 1000);
  assert.equal(pace.pauseMs(5000), 0);
});

Deno.test("wake-ups in quick succession are batched, a few are not", () => {
  const few = new Pace();
  wake(few, 0.1, 5);
  assert.equal(few.pauseMs(1), 0);
  const many = new Pace();
  wake(many, 0.1, 100);
  assert.equal(many.pauseMs(10), 1);
});

Deno.test("batching ends when looking found nothing several times in a row", () => {
  const pace = new Pace();
  wake(pace, 0.1, 100);
  for (let i = 0; i < 20; i++) {
    pace.looked(0);
    pace.looked(0);
    pace.looked(3);
  }
  assert.equal(pace.pauseMs(10), 1);
  for (let i = 0; i < 10; i++) pace.looked(0);
  assert.equal(pace.pauseMs(10), 0);
});

Deno.test("between bursts pauses are long, and when they stop sleep returns", () => {
  const pace = new Pace();
  pace.burst(1000);
  assert.equal(pace.pauseMs(1001), 16);
  assert.equal(pace.pauseMs(1017), 16);
  assert.equal(pace.pauseMs(1030), 0);
});
