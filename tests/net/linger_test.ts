import assert from "node:assert/strict";
import { Linger } from "../../lib/net/linger.ts";

/** How many of `bursts`, `gapMs` apart, are lingered after, `spentMs` each, with `events`. */
function lingerings(bursts: number, gapMs: number, spentMs: number, events: number): number {
  const linger = new Linger();
  let count = 0;
  for (let i = 1; i <= bursts; i++) {
    if (!linger.worthwhile(i * gapMs)) continue;
    count++;
    linger.lingered(spentMs, events);
  }
  return count;
}

Deno.test("lingering that finds answers is always worthwhile", () => {
  assert.equal(lingerings(1000, 4, 0.6, 10), 1000);
});

Deno.test("no more than a quarter of the time is spent lingering", () => {
  const spent = lingerings(10_000, 1, 1, 10);
  assert.ok(spent > 2400 && spent < 2600, String(spent));
});

Deno.test("lingering that finds nothing is given up, but tried again now and then", () => {
  const tried = lingerings(8 + 64 * 20, 4, 0.9, 0);
  assert.ok(tried >= 8 + 18 && tried <= 8 + 22, String(tried));
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
