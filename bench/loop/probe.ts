/**
 * Loaded before a maglevd that is measured (`deno run --preload`): how long its event loop does not
 * come round to its timers, in CPU time of that one thread, so that neither other threads nor other
 * programs count. For each line on standard input it prints the longest since the last one, in
 * milliseconds, and how often it was longer than 10 ms, to standard error.
 */

/** `CLOCK_THREAD_CPUTIME_ID` of clock_gettime(2). */
const threadCpu = 3;
const everyMs = 1;
const longMs = 10;

const { symbols: { clock_gettime } } = Deno.dlopen("libc.so.6", {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
});
const time = new BigInt64Array(2);

function cpuMs(): number {
  clock_gettime(threadCpu, time);
  return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
}

let before = cpuMs();
let longest = 0;
let long = 0;

const timer = setInterval(() => {
  const now = cpuMs();
  longest = Math.max(longest, now - before);
  if (now - before > longMs) long++;
  before = now;
}, everyMs);
Deno.unrefTimer(timer);

async function answer(): Promise<void> {
  for await (const _ of Deno.stdin.readable) {
    console.error(JSON.stringify({ loop: longest, long }));
    longest = long = 0;
  }
}

// Only when main.ts runs: the runtime waits for what is begun here.
Deno.unrefTimer(setTimeout(() => void answer(), 200));
