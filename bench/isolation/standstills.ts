/**
 * How often this machine itself stands still, for `bench/isolation.ts`: at whatever priority it was
 * started it computes for some milliseconds every 40 ms, as the thread does that probes, and needs
 * nobody for it. Answers each line on standard input with how many times it did so far, and how many
 * times of those it was done more than 10 and more than 50 ms later than it would have been alone.
 */

const everyMs = 40;
const workMs = 3;

function compute(rounds: number): number {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum = Math.imul(sum ^ i, 0x9e37_79b1);
  return sum;
}

/** How many rounds take {@link workMs}, by the quickest of many tries. */
function calibrate(): number {
  const rounds = 1_000_000;
  let quickestMs = Infinity;
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    compute(rounds);
    quickestMs = Math.min(quickestMs, performance.now() - start);
  }
  return Math.round(rounds * workMs / quickestMs);
}

const rounds = calibrate();
let times = 0;
let delayed = 0;
let late = 0;

function tick(): void {
  const due = performance.now() + everyMs;
  setTimeout(() => {
    compute(rounds);
    const latenessMs = performance.now() - due - workMs;
    times++;
    if (latenessMs > 10) delayed++;
    if (latenessMs > 50) late++;
    tick();
  }, everyMs);
}

tick();
for await (const _line of Deno.stdin.readable) {
  console.log(JSON.stringify({ times, delayed, late }));
}
