import assert from "node:assert/strict";
import { Poller, type Watch } from "../../lib/net/poller.ts";
import { type Clock, FakeClock } from "../../lib/time/mod.ts";
import { kernelNow } from "../../lib/net/kernel_clock.ts";
import { nextError } from "../support/next_error.ts";
import { looksOf, Polled, polled } from "./support/polled.ts";
import { closesAtOnce, CountingClock, EPOLLIN, Stage } from "./support/poller_stage.ts";

/** A poller on which `all` are begun at once, after the microtask in which it lingers. */
async function begun(all: readonly Polled[], clock: Clock = new FakeClock()): Promise<Poller> {
  const poller = new Poller(clock);
  for (const each of all) poller.busyPoll(each);
  await Promise.resolve();
  return poller;
}

const givenOf = (all: readonly Polled[]) => all.map(({ given }) => given);

Deno.test("a burst looks at once and after each of three naps, then gives up once", async () => {
  const all = polled(4);
  await using _ = closing(await begun(all));
  assert.deepEqual(looksOf(all), [4, 4, 4, 4]);
  assert.deepEqual(givenOf(all), [1, 1, 1, 1]);
  await Promise.resolve();
  assert.deepEqual(givenOf(all), [1, 1, 1, 1]);
});

function closing(poller: Poller): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => poller.close() };
}

Deno.test("three do not make a burst, and give up without a look", async () => {
  const all = polled(3);
  await using _ = closing(await begun(all));
  assert.deepEqual(looksOf(all), [0, 0, 0]);
  assert.deepEqual(givenOf(all), [1, 1, 1]);
});

Deno.test("who has seen it looks no more, and nobody lingers when all have", async () => {
  const all = [new Polled(1), new Polled(2), new Polled(3), new Polled(1)];
  const poller = await begun(all);
  await using _ = closing(poller);
  assert.deepEqual(looksOf(all), [1, 2, 3, 1]);
  assert.deepEqual(givenOf(all), [0, 0, 0, 0]);
  // Each round of them is a look of its own; nothing is watched, of which the kernel is asked.
  assert.equal(poller.looks, 3);
});

Deno.test("one alone is worth the naps", async () => {
  const poller = new Poller(new FakeClock());
  await using _ = closing(poller);
  const alone = new Polled();
  poller.busyPoll(alone);
  for (let i = 0; i < 3; i++) poller.expect();
  await Promise.resolve();
  assert.deepEqual([alone.looks, alone.given], [4, 1]);
});

Deno.test("naps are of a third of a millisecond", async () => {
  const before = kernelNow();
  await using _ = closing(await begun(polled(4)));
  assert.ok(kernelNow() - before >= 0.9);
});

Deno.test("where nobody looks for himself only the kernel is asked", async () => {
  await using stage = new Stage();
  stage.watch("quiet", undefined, false);
  for (let i = 0; i < 3; i++) stage.poller.expect();
  await Promise.resolve();
  assert.equal(stage.poller.looks, 3);
});

Deno.test("looks for oneself count as fruit, at once and later, and their lack as none", async () => {
  for (const comesAt of [1, 2]) {
    const poller = new Poller(new FakeClock());
    await using _ = closing(poller);
    const looks = [];
    for (let burst = 0; burst < 20; burst++) looks.push(await burstOf(poller, comesAt));
    assert.deepEqual(new Set(looks), new Set([comesAt]));
  }
  const poller = new Poller(new FakeClock());
  await using _ = closing(poller);
  const looks = [];
  for (let burst = 0; burst < 10; burst++) looks.push(await burstOf(poller));
  assert.deepEqual(looks, [...Array(8).fill(4), 0, 0]);
});

/** How often each of a new burst looks. */
async function burstOf(poller: Poller, comesAt?: number): Promise<number> {
  const all = polled(4, comesAt);
  for (const each of all) poller.busyPoll(each);
  await Promise.resolve();
  const [looks = -1, ...others] = looksOf(all);
  assert.ok(others.every((each) => each === looks));
  return looks;
}

Deno.test("looks take 4 ms of a round, and go on with the others in the next", async () => {
  for (const [ms, expected] of [[4, [4, 4, 4, 4]], [4.5, [4, 0, 0, 0]]] as const) {
    const clock = new FakeClock();
    const all = polled(4);
    const [first] = all;
    assert.ok(first);
    first.onLook = () => clock.advance(ms);
    await using _ = closing(await begun(all, clock));
    assert.deepEqual(looksOf(all), expected, String(ms));
    assert.deepEqual(givenOf(all), [1, 1, 1, 1]);
  }
});

Deno.test("who is begun by another's look has its own in the next round", async () => {
  const all = polled(4);
  const late = new Polled(2);
  const poller = new Poller(new FakeClock());
  await using _ = closing(poller);
  for (const each of all) poller.busyPoll(each);
  const [first] = all;
  assert.ok(first);
  first.onLook = () => {
    if (first.looks === 1) poller.busyPoll(late);
  };
  await Promise.resolve();
  assert.deepEqual(looksOf(all), [4, 4, 4, 4]);
  assert.deepEqual([late.looks, late.given], [2, 0]);
});

Deno.test("a look that throws is heard of, and is tried again with the others", async () => {
  const all = polled(4, 2);
  const [first] = all;
  assert.ok(first);
  first.onLook = () => {
    if (first.looks === 1) throw new Error("from a look");
  };
  const pollers: Promise<Poller>[] = [];
  const error = await nextError(() => pollers.push(begun(all)));
  assert.match(String(error), /from a look/);
  assert.deepEqual(looksOf(all), [2, 2, 2, 2]);
  for (const poller of pollers) await (await poller).close();
});

Deno.test("who gives up is watched without another round of naps", async () => {
  const clock = new CountingClock();
  await using stage = new Stage(clock);
  const all = polled(4);
  for (const each of all) {
    each.onGivingUp = () => stage.watch("quiet", undefined, false);
    stage.poller.busyPoll(each);
  }
  await Promise.resolve();
  await Promise.resolve();
  // Before and after lingering, and around each of the looks.
  assert.equal(clock.asked, 2 + 4 * 5);
  // What is watched by itself afterwards is a burst again.
  for (const name of ["a", "b", "c", "d"]) stage.watch(name);
  await Promise.resolve();
  assert.deepEqual(stage.told, ["a 1", "b 1", "c 1", "d 1"]);
});

Deno.test("a look at the sockets before the naps has all of them watched", async () => {
  const poller = new Poller(new FakeClock());
  await using _ = closing(poller);
  const all = polled(4);
  for (const each of all) poller.busyPoll(each);
  assert.equal(poller.look(), true);
  assert.deepEqual(givenOf(all), [1, 1, 1, 1]);
  await Promise.resolve();
  assert.deepEqual(looksOf(all), [0, 0, 0, 0]);
});

Deno.test("who looks after the poller was closed is not asked to", async () => {
  const before = polled(4);
  const poller = new Poller(new FakeClock());
  for (const each of before) poller.busyPoll(each);
  await poller.close();
  assert.deepEqual([looksOf(before), givenOf(before)], [[0, 0, 0, 0], [0, 0, 0, 0]]);
});

Deno.test("closing from within a look ends the naps, and nobody gives up", async () => {
  const all = polled(4);
  const poller = new Poller(new FakeClock());
  const closings: Promise<void>[] = [];
  const [first] = all;
  assert.ok(first);
  first.onLook = () => closings.push(poller.close());
  for (const each of all) poller.busyPoll(each);
  await Promise.resolve();
  await Promise.all(closings);
  assert.deepEqual(looksOf(all), [1, 1, 1, 1]);
  assert.deepEqual(givenOf(all), [0, 0, 0, 0]);
});

Deno.test("closing from within an event ends the naps", async () => {
  const stage = new Stage();
  const closings: Promise<void>[] = [];
  for (const name of ["a", "b", "c", "d"]) {
    stage.watch(name, () => closings.push(stage.poller.close()));
  }
  await Promise.resolve();
  await Promise.all(closings);
  assert.equal(stage.told.length, 4);
  assert.equal(stage.poller.looks, 1);
  await stage[Symbol.asyncDispose]();
});

Deno.test("nobody sleeps for what is not watched any more", async () => {
  const stage = new Stage();
  const watches: Watch[] = [];
  for (let i = 0; i < 2; i++) watches.push(stage.watch("quiet", undefined, false).watch);
  for (const watch of watches) stage.poller.unwatch(watch);
  await Promise.resolve();
  assert.equal(await closesAtOnce(stage.poller), true);
  stage.signals[Symbol.dispose]();
});

Deno.test("somebody sleeps for what is watched, and is woken before anything is closed", async () => {
  const stage = new Stage();
  stage.watch("quiet", undefined, false);
  await Promise.resolve();
  const { wakeDescriptor } = stage.poller;
  assert.equal(eventCount(wakeDescriptor), 0);
  const closed = stage.poller.close();
  assert.equal(stage.poller.wakeDescriptor, wakeDescriptor);
  assert.equal(eventCount(wakeDescriptor), 1);
  await closed;
  assert.throws(() => stage.poller.wakeDescriptor, /already closed/);
  stage.signals[Symbol.dispose]();
});

/** What is in an eventfd's counter, without taking it (proc(5)). */
function eventCount(fd: number): number {
  const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
  return Number.parseInt(/^eventfd-count:\s*([0-9a-f]+)$/m.exec(info)?.[1] ?? "", 16);
}

Deno.test("a driven poller has nobody sleep, and sleeps itself until it is woken", async () => {
  const stage = new Stage(new FakeClock(), true);
  stage.watch("quiet", undefined, false);
  await Promise.resolve();
  stage.signals.raise(stage.poller.wakeDescriptor);
  stage.poller.sleep(600_000);
  assert.equal(eventCount(stage.poller.wakeDescriptor), 0, "it is calm again");
  const { fd } = stage.watch("later", undefined, false);
  stage.signals.raise(fd);
  stage.poller.sleep(600_000);
  assert.deepEqual(stage.told, ["later 1"]);
  assert.equal(await closesAtOnce(stage.poller), true);
  stage.signals[Symbol.dispose]();
});

Deno.test("while more is begun at once those of the turn before look, and nobody naps", async () => {
  const clock = new FakeClock();
  await using stage = new Stage(clock, true);
  const [first, second] = [polled(2), polled(2)];
  for (const each of first) stage.poller.busyPoll(each);
  await Promise.resolve();
  assert.deepEqual(looksOf(first), [0, 0], "whoever drives it says when a turn ends");
  stage.poller.settle(true);
  for (const each of second) stage.poller.busyPoll(each);
  const before = kernelNow();
  stage.poller.settle(true);
  stage.poller.settle(true);
  assert.deepEqual([looksOf(first), looksOf(second)], [[1, 1], [1, 1]]);
  assert.deepEqual(givenOf([...first, ...second]), Array(4).fill(0));
  stage.poller.settle();
  assert.deepEqual([looksOf(first), looksOf(second)], [[5, 5], [5, 5]]);
  assert.deepEqual(givenOf([...first, ...second]), Array(4).fill(1));
  assert.ok(kernelNow() - before >= 0.9);
});

Deno.test("each look of those of the turn before is one of the poller's", async () => {
  await using stage = new Stage(new FakeClock(), true);
  for (const each of polled(4)) stage.poller.busyPoll(each);
  stage.poller.settle(true);
  const before = stage.poller.looks;
  stage.poller.settle(true);
  assert.equal(stage.poller.looks, before + 1);
});

Deno.test("what was seen while more was begun counts as fruit, and its lack as none", async () => {
  await using stage = new Stage(new FakeClock(), true);
  const burst = (early: number) => {
    const all = [new Polled(early), ...polled(3)];
    for (const each of all) stage.poller.busyPoll(each);
    stage.poller.settle(true);
    stage.poller.settle(true);
    stage.poller.settle();
    return looksOf(all);
  };
  for (let i = 0; i < 20; i++) assert.deepEqual(burst(1), [1, 5, 5, 4]);
  const looks = Array.from({ length: 10 }, () => burst(Infinity));
  assert.deepEqual(looks, [...Array(8).fill([5, 5, 4, 4]), [0, 0, 0, 0], [0, 0, 0, 0]]);
});

Deno.test("after 256 it is waited for them, though there is more to begin", async () => {
  await using stage = new Stage(new FakeClock(), true);
  const all = polled(256);
  for (const each of all.slice(1)) stage.poller.busyPoll(each);
  stage.poller.settle(true);
  assert.deepEqual(givenOf(all.slice(0, 2)), [0, 0]);
  for (const each of all.slice(0, 1)) stage.poller.busyPoll(each);
  stage.poller.settle(true);
  assert.deepEqual(new Set(givenOf(all)), new Set([1]));
});

Deno.test("a turn in which nothing was begun ends without a look", async () => {
  await using stage = new Stage(new FakeClock(), true);
  stage.watch("raised");
  stage.poller.settle();
  assert.deepEqual(stage.told, []);
  const before = stage.poller.looks;
  stage.poller.settle();
  assert.equal(stage.poller.looks, before);
});

Deno.test("a driven poller never sleeps for less than it was told", async () => {
  await using stage = new Stage(new FakeClock(), true);
  const fd = stage.signals.make();
  stage.poller.watch(fd, EPOLLIN, { ready() {} });
  for (const ms of [0.2, 1, 1.5]) {
    const before = kernelNow();
    stage.poller.sleep(ms);
    assert.ok(kernelNow() - before >= ms, String(ms));
  }
});
