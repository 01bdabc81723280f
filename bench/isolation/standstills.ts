/**
 * How often this machine itself stands still, for `bench/isolation.ts`: wakes every 10 ms, at whatever
 * priority it was started, and does nothing else. Answers each line on standard input with how many
 * times it was more than 10 and more than 50 ms late so far.
 */

const tickMs = 10;
let woken = 0;
let delayed = 0;
let late = 0;

function sleep(): void {
  const due = performance.now() + tickMs;
  setTimeout(() => {
    const latenessMs = performance.now() - due;
    woken++;
    if (latenessMs > 10) delayed++;
    if (latenessMs > 50) late++;
    sleep();
  }, tickMs);
}

sleep();
for await (const _line of Deno.stdin.readable) {
  console.log(JSON.stringify({ woken, delayed, late }));
}
