import assert from "node:assert/strict";
import { attemptUntil } from "../../lib/net/wait.ts";
import { FakeClock } from "../../lib/time/mod.ts";

Deno.test("attempts come after 1 ms, then twice as late each time up to 16 ms", async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const waiting = attemptUntil(() => {
    times.push(clock.now());
    return times.length === 8 ? "done" : undefined;
  }, { clock });
  await clock.advanceAsync(1000);
  assert.equal(await waiting, "done");
  assert.deepEqual(times, [0, 1, 3, 7, 15, 31, 47, 63]);
});

Deno.test("what succeeds at once does not wait", async () => {
  const clock = new FakeClock();
  assert.equal(await attemptUntil(() => 0, { clock }), 0);
  assert.equal(clock.pending, 0);
});

Deno.test("after the timeout there is one last attempt, and then nothing", async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const waiting = attemptUntil(() => void times.push(clock.now()), { clock, timeoutMs: 5 });
  await clock.advanceAsync(1000);
  assert.equal(await waiting, undefined);
  assert.deepEqual(times, [0, 1, 3, 5]);
  assert.equal(clock.pending, 0);
});

Deno.test("a signal ends it with its reason, before an attempt and between two", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  let attempts = 0;
  const waiting = attemptUntil(() => void attempts++, { clock, signal: stop.signal });
  await clock.advanceAsync(1);
  stop.abort(new Error("over"));
  await assert.rejects(waiting, { message: "over" });
  assert.equal(attempts, 2);
  assert.equal(clock.pending, 0);
  await assert.rejects(attemptUntil(() => attempts++, { clock, signal: stop.signal }), {
    message: "over",
  });
  assert.equal(attempts, 2);
});

Deno.test("a signal is not listened to any more when it is over", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  let attempts = 0;
  const waiting = attemptUntil(() => attempts++ < 3 ? undefined : true, { clock, signal });
  await clock.advanceAsync(100);
  assert.equal(await waiting, true);
  assert.equal(listeners, 0);
});

Deno.test("the last pause is as long as there is time, down to a millisecond", async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const waiting = attemptUntil(() => void times.push(clock.now()), { clock, timeoutMs: 4 });
  await clock.advanceAsync(1000);
  assert.equal(await waiting, undefined);
  assert.deepEqual(times, [0, 1, 3, 4]);
});
