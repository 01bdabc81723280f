import { deepEqual, equal, rejects } from "node:assert/strict";
import { getEventListeners } from "node:events";
import { abortable, every, FakeClock, sleep } from "../../lib/time/mod.ts";

Deno.test("who sleeps wakes at the time, and is waited for no more", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const nap = sleep(clock, 10, signal).then(() => clock.now());
  await clock.advanceAsync(100);
  equal(await nap, 10);
  equal(getEventListeners(signal, "abort").length, 0);
});

Deno.test("who sleeps wakes when told to, and leaves no timer", async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const nap = sleep(clock, 10, abort.signal);
  abort.abort();
  await nap;
  equal(clock.pending, 0);
  await sleep(clock, 10, abort.signal);
  equal(clock.pending, 0);
});

Deno.test("work is waited for until it is done, or is given up for the reason that is told", async () => {
  const abort = new AbortController();
  equal(await abortable(Promise.resolve(7), abort.signal), 7);
  equal(await abortable(Promise.resolve(7), undefined), 7);
  equal(getEventListeners(abort.signal, "abort").length, 0);
  const endless = abortable(new Promise(() => {}), abort.signal);
  abort.abort(new Error("enough"));
  await rejects(endless, /enough/);
  await rejects(abortable(Promise.resolve(7), abort.signal), /enough/);
});

Deno.test("what is done every so often is done until it is cancelled, even by itself", () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  const timer = every(clock, 10, () => {
    seen.push(clock.now());
    if (seen.length === 3) timer.cancel();
  });
  clock.advance(25);
  deepEqual(seen, [10, 20]);
  clock.advance(100);
  deepEqual(seen, [10, 20, 30]);
  equal(clock.pending, 0);
});
