import assert from "node:assert/strict";
import { libc } from "../../lib/net/libc.ts";
import { Poller, type Watch } from "../../lib/net/poller.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { descriptorsOf, openDescriptors } from "./support/descriptors.ts";
import { nextError } from "../support/next_error.ts";
import { CountingClock, EPOLLIN, Stage } from "./support/poller_stage.ts";

const EBADF = 9;
const EEXIST = 17;
const nonBlocking = 0o4000;

Deno.test("a look that the kernel refuses is an error", async () => {
  const pollers: Poller[] = [];
  const [epoll = -1] = descriptorsOf(() => pollers.push(new Poller(new FakeClock())));
  libc.close(epoll);
  assert.throws(() => pollers[0]?.look(), {
    message: "look at the sockets: bad file descriptor",
    code: "EBADF",
  });
  // Something for the poller to close under that number.
  assert.equal(libc.eventfd(0, nonBlocking), epoll);
  await pollers[0]?.close();
});

Deno.test("a look tells all that is ready, once, and nothing else", async () => {
  await using stage = new Stage();
  stage.watch("a");
  stage.watch("b");
  const { fd } = stage.watch("quiet", undefined, false);
  assert.deepEqual(stage.told, []);
  assert.equal(stage.poller.look(), true);
  assert.deepEqual(stage.told, ["a 1", "b 1"]);
  assert.equal(stage.poller.look(), true);
  assert.equal(stage.told.length, 2);
  stage.signals.raise(fd);
  stage.poller.look();
  assert.deepEqual(stage.told.slice(2), ["quiet 1"]);
});

Deno.test("a look sees more than one system call brings", async () => {
  await using stage = new Stage();
  for (let i = 0; i < 600; i++) stage.watch(`${i}`);
  assert.equal(stage.poller.look(), true);
  assert.equal(stage.told.length, 600);
});

Deno.test("a look is over after 4 ms, and says that there may be more", async () => {
  const clock = new FakeClock();
  await using stage = new Stage(clock);
  stage.watch("short", () => clock.advance(4));
  assert.equal(stage.poller.look(), true);
  stage.watch("long", () => clock.advance(4.5));
  assert.equal(stage.poller.look(), false);
  assert.equal(stage.poller.look(), true);
});

Deno.test("what there was no time for is told in the next look", async () => {
  const clock = new FakeClock();
  await using stage = new Stage(clock);
  for (const name of ["a", "b", "c", "d"]) stage.watch(name, () => clock.advance(2.5));
  assert.equal(stage.poller.look(), false);
  assert.deepEqual(stage.told, ["a 1", "b 1"]);
  assert.equal(stage.poller.look(), false);
  assert.deepEqual(stage.told, ["a 1", "b 1", "c 1", "d 1"]);
  assert.equal(stage.poller.look(), true);
  assert.equal(stage.told.length, 4);
});

Deno.test("who wants to be told again is, in the next look, if it is still ready", async () => {
  await using stage = new Stage();
  const [greedy, quiet, gone] = ["greedy", "quiet", "gone"].map((name) => {
    const { fd, watch } = stage.watch(name, () => {
      if (stage.told.length <= 3) stage.poller.again(watch);
    });
    return { fd, watch };
  });
  assert.ok(greedy && quiet && gone);
  assert.equal(stage.poller.looks, 0);
  assert.equal(stage.poller.look(), false);
  assert.equal(stage.poller.looks, 1);
  assert.deepEqual(stage.told, ["greedy 1", "quiet 1", "gone 1"]);
  stage.signals.clear(quiet.fd);
  stage.poller.unwatch(gone.watch);
  assert.equal(stage.poller.look(), true);
  assert.deepEqual(stage.told.slice(3), ["greedy 1"]);
  assert.equal(stage.poller.look(), true);
  assert.equal(stage.told.length, 4);
});

Deno.test("who wants to be told again between two looks wakes the waiter", async () => {
  await using stage = new Stage();
  const twice = Promise.withResolvers<void>();
  const { watch } = stage.watch("a", () => {
    if (stage.told.length === 2) twice.resolve();
  });
  stage.poller.look();
  stage.poller.again(watch);
  await twice.promise;
  assert.deepEqual(stage.told, ["a 1", "a 1"]);
});

Deno.test("who is not watched any more and wants to be told again takes nothing from a successor", async () => {
  await using stage = new Stage();
  const { watch } = stage.watch("old");
  stage.poller.look();
  stage.poller.unwatch(watch);
  const { fd } = stage.watch("new", undefined, false);
  // The kernel gives out the number of a closed descriptor again.
  stage.poller.again({ ...watch, fd });
  stage.signals.raise(fd);
  stage.poller.look();
  assert.deepEqual(stage.told, ["old 1", "new 1"]);
});

Deno.test("who closes the poller and wants to be told again is not", async () => {
  const stage = new Stage();
  let closing: Promise<void> | undefined;
  const { watch } = stage.watch("a", () => {
    stage.poller.again(watch);
    closing ??= stage.poller.close();
  });
  assert.equal(stage.poller.look(), false);
  await closing;
  stage.signals[Symbol.dispose]();
  assert.deepEqual(stage.told, ["a 1"]);
});

Deno.test("what is still ready is told again, unless only changes were asked for", async () => {
  await using stage = new Stage();
  const fd = stage.signals.make();
  stage.signals.raise(fd);
  let told = 0;
  const ready = () => {
    if (++told === 3) stage.signals.clear(fd);
  };
  assert.equal(typeof stage.poller.watch(fd, EPOLLIN, { ready }), "object");
  stage.poller.look();
  assert.equal(told, 3);
});

Deno.test("what is not watched any more is not told, nor is its successor in its stead", async () => {
  await using stage = new Stage();
  const { watch } = stage.watch("old");
  stage.poller.unwatch(watch);
  stage.poller.unwatch(watch);
  const successor = stage.watch("new", undefined, false);
  assert.equal(successor.watch.slot, watch.slot);
  stage.watch("other");
  stage.poller.look();
  assert.deepEqual(stage.told, ["other 1"]);
  stage.signals.raise(successor.fd);
  stage.poller.look();
  assert.deepEqual(stage.told, ["other 1", "new 1"]);
});

Deno.test("a descriptor that stays open is taken from the kernel, one that is closed leaves by itself", async () => {
  await using stage = new Stage();
  const { fd, watch } = stage.watch("closed soon");
  const again = () => stage.poller.watch(fd, EPOLLIN, { ready: () => stage.told.push("again") });
  stage.poller.unwatch(watch);
  assert.equal(again(), EEXIST);
  stage.poller.unwatch(watch, true);
  assert.equal(again(), EEXIST, "it was forgotten before");
  const other = stage.watch("stays");
  stage.poller.unwatch(other.watch, true);
  assert.equal(typeof stage.poller.watch(other.fd, EPOLLIN, { ready() {} }), "object");
});

Deno.test("a look never sleeps, whether it finds something or not", async () => {
  await using stage = new Stage();
  let told = 0;
  const { fd } = stage.watch("busy", () => told++, false);
  // A millisecond for each would be half a minute.
  for (let i = 0; i < 15_000; i++) assert.equal(stage.poller.look(), true);
  for (let i = 0; i < 15_000; i++) {
    stage.signals.raise(fd);
    assert.equal(stage.poller.look(), true);
  }
  assert.equal(told, 15_000);
  assert.equal(stage.poller.looks, 30_000);
});

Deno.test("events of one look do not reach who was unwatched during it", async () => {
  await using stage = new Stage();
  const watches: Watch[] = [];
  for (const name of ["a", "b", "c"]) {
    const { watch } = stage.watch(name, () => {
      for (const each of watches) stage.poller.unwatch(each);
    });
    watches.push(watch);
  }
  stage.poller.look();
  assert.deepEqual(stage.told, ["a 1"]);
});

Deno.test("what the kernel does not watch is refused with its errno, and takes no place", async () => {
  await using stage = new Stage();
  assert.equal(stage.poller.watch(-1, EPOLLIN, { ready: () => assert.fail("told") }), EBADF);
  stage.watch("a");
  assert.equal(stage.poller.watch(-1, EPOLLIN, { ready: () => assert.fail("told") }), EBADF);
  const { watch } = stage.watch("b");
  stage.poller.look();
  assert.deepEqual(stage.told, ["a 1", "b 1"]);
  stage.poller.unwatch(watch);
  assert.equal(stage.poller.watch(-1, EPOLLIN, { ready: () => assert.fail("told") }), EBADF);
  assert.equal(stage.watch("c").watch.slot, watch.slot);
});

Deno.test("after four at once it lingers, and tells within the same turn", async () => {
  await using stage = new Stage();
  for (const name of ["a", "b", "c", "d"]) stage.watch(name);
  await Promise.resolve();
  assert.deepEqual(stage.told, ["a 1", "b 1", "c 1", "d 1"]);
});

Deno.test("lingering that finds nothing is given up", async () => {
  const clock = new CountingClock();
  await using stage = new Stage(clock);
  stage.watch("quiet", undefined, false);
  await Promise.resolve();
  const looks: number[] = [];
  for (let burst = 0; burst < 10; burst++) {
    const before = clock.asked;
    for (let i = 0; i < 4; i++) stage.poller.expect();
    await Promise.resolve();
    looks.push(clock.asked - before);
  }
  // Before and after; then only before.
  assert.deepEqual(looks, [2, 2, 2, 2, 2, 2, 2, 2, 1, 1]);
});

Deno.test("lingering that finds something goes on", async () => {
  const clock = new CountingClock();
  await using stage = new Stage(clock);
  const { fd } = stage.watch("busy", () => stage.signals.clear(fd), false);
  await Promise.resolve();
  const told: number[] = [];
  for (let burst = 0; burst < 10; burst++) {
    stage.signals.raise(fd);
    for (let i = 0; i < 4; i++) stage.poller.expect();
    await Promise.resolve();
    told.push(stage.told.length);
  }
  assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

Deno.test("lingering is over when nobody waits any more", async () => {
  const clock = new CountingClock();
  await using stage = new Stage(clock);
  for (const name of ["a", "b", "c", "d"]) {
    const { watch } = stage.watch(name, () => stage.poller.unwatch(watch));
  }
  await Promise.resolve();
  assert.equal(stage.told.length, 4);
  // Before and after lingering, at the begin of the one look that it took, and after each event.
  assert.equal(clock.asked, 7);
});

Deno.test("three at once are left to the waiter, who wakes for them", async () => {
  await using stage = new Stage();
  const all = Promise.withResolvers<void>();
  const then = () => {
    if (stage.told.length === 3) all.resolve();
  };
  for (const name of ["a", "b", "c"]) stage.watch(name, then);
  await Promise.resolve();
  assert.deepEqual(stage.told, []);
  await all.promise;
  const again = Promise.withResolvers<void>();
  const { fd } = stage.watch("later", again.resolve, false);
  stage.signals.raise(fd);
  await again.promise;
});

Deno.test("the waiter goes on after a watcher threw", async () => {
  await using stage = new Stage();
  const thrown = await nextError(() => {
    stage.watch("bad", () => {
      throw new Error("from a watcher");
    });
  });
  assert.match(String(thrown), /from a watcher/);
  const { promise, resolve } = Promise.withResolvers<void>();
  stage.watch("good", resolve);
  await promise;
});

Deno.test("who closes the poller from within an event ends the look", async () => {
  const stage = new Stage();
  let closing: Promise<void> | undefined;
  stage.watch("a", () => closing ??= stage.poller.close());
  assert.equal(stage.poller.look(), true);
  await closing;
  await stage.poller.close();
  stage.signals[Symbol.dispose]();
  assert.deepEqual(stage.told, ["a 1"]);
});

Deno.test("closing leaves nothing open, whether it slept or not", async () => {
  const before = openDescriptors();
  await new Poller(systemClock).close();
  const asleep = new Stage();
  asleep.watch("quiet", undefined, false);
  await Promise.resolve();
  await asleep[Symbol.asyncDispose]();
  assert.equal(openDescriptors(), before);
});
