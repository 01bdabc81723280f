import assert from "node:assert/strict";
import { Linger } from "../../lib/net/linger.ts";

/** Which of `bursts`, `gapMs` apart, are lingered after, `spentMs` each, with `events`. */
function lingerings(bursts: number, gapMs: number, spentMs: number, events: number): number[] {
  const linger = new Linger();
  const seen: number[] = [];
  for (let i = 1; i <= bursts; i++) {
    if (!linger.worthwhile(i * gapMs)) continue;
    seen.push(i);
    linger.lingered(spentMs, events);
  }
  return seen;
}

Deno.test("lingering that finds answers is always worthwhile", () => {
  assert.equal(lingerings(1000, 4, 0.6, 10).length, 1000);
  assert.equal(lingerings(1000, 4, 0.6, 1).length, 1000);
});

Deno.test("a quarter of the time is spent lingering, beyond what was saved up", () => {
  // 4 ms at first, and 0.25 ms for each of the bursts after the first.
  assert.equal(lingerings(10_000, 1, 1, 10).length, Math.ceil(4 + 9_999 / 4));
  assert.deepEqual(lingerings(14, 1, 1, 10), [1, 2, 3, 4, 5, 6, 10, 14]);
});

Deno.test("no more than 4 ms is saved up", () => {
  const linger = new Linger();
  assert.equal(linger.worthwhile(1_000_000), true);
  linger.lingered(3.5, 1);
  assert.equal(linger.worthwhile(1_000_000), true);
  linger.lingered(0.5, 1);
  assert.equal(linger.worthwhile(1_000_000), false);
  assert.equal(linger.worthwhile(1_000_001), true);
});

Deno.test("lingering that finds nothing eight times is given up, but tried each 64th time", () => {
  const tried = lingerings(8 + 64 * 3, 4, 0.9, 0);
  assert.deepEqual(tried, [1, 2, 3, 4, 5, 6, 7, 8, 8 + 64, 8 + 128, 8 + 192]);
});

Deno.test("answers found on a later try make it worthwhile again", () => {
  const linger = new Linger();
  let now = 0;
  const burst = (events: number) => {
    now += 4;
    const lingers = linger.worthwhile(now);
    if (lingers) linger.lingered(0.9, events);
    return lingers;
  };
  for (let i = 0; i < 8; i++) burst(0);
  assert.equal(burst(5), false);
  for (let i = 0; i < 64; i++) burst(5);
  assert.equal(burst(5), true);
  assert.equal(burst(5), true);
});

Deno.test("seven times without an answer are not enough to give up", () => {
  const linger = new Linger();
  for (let i = 1; i <= 100; i++) {
    assert.equal(linger.worthwhile(i * 4), true);
    linger.lingered(0.9, i % 8 === 0 ? 1 : 0);
  }
});

Deno.test("4 ms may be spent from the start, whenever that is", () => {
  for (const start of [0, 1, 1000]) {
    const linger = new Linger();
    assert.equal(linger.worthwhile(start), true);
    linger.lingered(3.9, 1);
    assert.equal(linger.worthwhile(start), true, String(start));
  }
});

Deno.test("there is hope until nothing was found eight times, and again once something was", () => {
  const linger = new Linger();
  const hopes = Array.from({ length: 8 }, () => {
    linger.lingered(0, 0);
    return linger.isHopeful;
  });
  assert.deepEqual(hopes, [...Array(7).fill(true), false]);
  linger.lingered(0, 1);
  assert.equal(linger.isHopeful, true);
});
