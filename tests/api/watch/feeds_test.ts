import assert from "node:assert/strict";
import { PulseFeed } from "../../../lib/api/watch/feeds.ts";
import type { SharedEvent } from "../../../lib/api/watch/stream.ts";
import type { ProbeResult } from "../../../lib/probes/mod.ts";
import { EventQueue } from "../../../lib/rpc/queue.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { fail, pass } from "../../checker/support/bench.ts";
import { steer } from "../../support/steer.ts";
import { drain, filterOf, hubBed, take } from "../support/watch.ts";

const quiet = { log: false, backend: false, frontend: false };

Deno.test("who asks for it hears a sign of life at least every 15 s, with how far it has come", async () => {
  using beds = hubBed();
  const queue = await beds.watch({ ...quiet, heartbeat: true });
  beds.clock.advance(4_000);
  const later = await beds.watch({ ...quiet, changes: true });
  const [live, nothing] = [await beds.watch({ ...quiet, since: {} }), await beds.watch(quiet)];
  for (const each of [queue, later, live]) drain(each);
  for (let minute = 0; minute < 4; minute++) {
    beds.clock.advance(15_000);
    for (const each of [queue, later, live]) assert.ok(drain(each).includes("heartbeat 0"));
  }
  steer(beds.bed.checker).disable("web0");
  beds.clock.advance(15_000);
  assert.deepEqual(new Set(drain(queue)), new Set(["heartbeat 4"]));
  assert.deepEqual(drain(nothing), []);
});

Deno.test("a sign of life is made once for all, and no timer runs for nobody", async () => {
  using beds = hubBed();
  const watchers = await Promise.all(
    Array.from({ length: 3 }, () => beds.watch({ ...quiet, heartbeat: true })),
  );
  for (const queue of watchers) take(queue);
  beds.clock.advance(10_000);
  const [first, ...others] = watchers.map((queue) => queue.poll());
  assert.ok(first);
  for (const other of others) assert.equal(other, first);
  assert.equal(beds.clock.pending, 1);
  const [stays, ...leave] = watchers;
  for (const queue of leave) await queue.return();
  beds.clock.advance(10_000);
  assert.equal(stays && take(stays).length, 1, "who stays goes on hearing it");
  await stays?.return();
  assert.equal(beds.clock.pending, 0);
  const again = await beds.watch({ ...quiet, heartbeat: true });
  take(again);
  beds.clock.advance(10_000);
  assert.deepEqual(drain(again), ["heartbeat 0"]);
});

Deno.test("pulses come in batches, the newest of each backend", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const one = watcher(filterOf({ pulses: true }));
  const { queue } = one;
  feed.join(one);
  probes.tell("web0", pass);
  probes.tell("web1", pass);
  probes.tell("web0", fail);
  assert.deepEqual(drain(queue), []);
  clock.advance(249);
  assert.deepEqual(drain(queue), []);
  clock.advance(1);
  assert.deepEqual(drain(queue), ["web0 L7STS,web1 L7OK,anew"]);
  clock.advance(10_000);
  assert.deepEqual(drain(queue), []);
  probes.tell("web2", pass);
  clock.advance(250);
  assert.deepEqual(drain(queue), ["web2 L7OK"]);
  feed.leave(one);
});

Deno.test("nobody listens to probes unless somebody wants pulses", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const off = watcher(filterOf({}));
  feed.join(off);
  assert.equal(probes.listeners, 0);
  const [one, two] = [watcher(filterOf({ pulses: true })), watcher(filterOf({ pulses: true }))];
  feed.join(one);
  feed.join(two);
  assert.equal(probes.listeners, 1);
  probes.tell("web0", pass);
  feed.leave(off);
  feed.leave(one);
  assert.deepEqual([probes.listeners, clock.pending], [1, 1]);
  feed.leave(two);
  assert.deepEqual([probes.listeners, clock.pending], [0, 0]);
  feed.join(one);
  clock.advance(1000);
  assert.deepEqual(drain(one.queue), ["anew"], "what was gathered for others is gone");
  probes.tell("web1", fail);
  clock.advance(250);
  assert.deepEqual(drain(one.queue), ["web1 L7STS"], "who comes later is told what comes later");
});

Deno.test("at most four batches a second, however many probes there are", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const one = watcher(filterOf({ pulses: true }));
  feed.join(one);
  let batches = 0;
  for (let ms = 0; ms < 10_000; ms++) {
    probes.tell(`web${ms % 7}`, pass);
    clock.advance(1);
    batches += take(one.queue).length;
  }
  assert.ok(batches >= 36 && batches <= 40, `${batches} batches in 10 s`);
  feed.leave(one);
});

Deno.test("a large batch comes in parts, one per turn of the event loop, none lost or twice", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const [one, two] = [1, 2].map(() => watcher(filterOf({ pulses: true })));
  assert.ok(one && two);
  feed.join(one);
  feed.join(two);
  const names = Array.from({ length: 4_500 }, (_, i) => `web${i}`);
  for (const name of names) probes.tell(name, pass);
  clock.advance(250);
  assert.equal(take(one.queue).length, 3);
  const seen: string[] = [];
  for (const { event } of take(two.queue)) {
    assert.ok(event.case === "pulses" && event.value.pulses.length <= 2_000);
    seen.push(...event.value.pulses.map(({ backendName }) => backendName));
  }
  assert.deepEqual(seen, names);
  feed.leave(one);
  for (const name of names) probes.tell(name, pass);
  clock.advance(250);
  assert.equal(take(two.queue).length, 3);
  feed.leave(two);
  assert.deepEqual([probes.listeners, clock.pending], [0, 0]);
});

Deno.test("a probe that ends while a large batch is on its way is in the next one", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const one = watcher(filterOf({ pulses: true }));
  feed.join(one);
  for (let i = 0; i < 2_001; i++) probes.tell(`web${i}`, pass);
  // Set after the batch's timer, and before that of its second part.
  clock.after(250, () => probes.tell("late", fail));
  clock.advance(250);
  const parts = drain(one.queue);
  assert.deepEqual([parts.length, parts[1]], [2, "web2000 L7OK"]);
  clock.advance(250);
  assert.deepEqual(drain(one.queue), ["late L7STS"]);
  feed.leave(one);
});

Deno.test("a batch that cuts its last watcher off leaves nothing behind", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const filter = filterOf({ pulses: true });
  const queue = new EventQueue<SharedEvent>([], { count: 10, bytes: 1 }, () => feed.leave(one));
  const one = { filter, queue };
  feed.join(one);
  for (let i = 0; i < 4_500; i++) probes.tell(`web${i}`, pass);
  clock.advance(250);
  assert.deepEqual([probes.listeners, clock.pending], [0, 0]);
});

Deno.test("who does not read pulses misses some, and is not cut off for it", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const [slow, fast] = [watcher(filterOf({ pulses: true })), watcher(filterOf({ pulses: true }))];
  feed.join(slow);
  feed.join(fast);
  const seen: string[] = [];
  for (let batch = 0; batch < 20; batch++) {
    probes.tell(`web${batch}`, pass);
    clock.advance(250);
    seen.push(...drain(fast.queue));
  }
  assert.equal(seen.length, 20);
  assert.deepEqual(drain(slow.queue), ["web0 L7OK,anew"]);
  probes.tell("web0", fail);
  clock.advance(250);
  assert.deepEqual(drain(slow.queue), ["web0 L7STS"]);
});

Deno.test("a probe that takes long is told of once, and once that it is over", async () => {
  using beds = hubBed();
  const { bed, clock } = beds;
  for (const name of bed.checker.backendNames()) bed.move(name, "disabled");
  const queue = await beds.watch({ ...quiet, pulses: true });
  clock.advance(250);
  assert.deepEqual(drain(queue), ["anew"]);
  steer(bed.checker).enable("web0");
  const { flights } = bed.prober;
  while (flights.size === 0) bed.clock.advance(1);
  const since = bed.clock.wall();
  bed.clock.advance(99);
  clock.advance(250);
  assert.deepEqual(drain(queue), [], "most are over by then");
  bed.clock.advance(1);
  clock.advance(250);
  assert.deepEqual(drain(queue), [`web0 since ${since}`]);
  bed.clock.advance(500);
  clock.advance(1_000);
  assert.deepEqual(drain(queue), []);
  bed.probe("web0", fail);
  clock.advance(250);
  assert.deepEqual(drain(queue), ["web0 L7STS,web0 since 0"]);
  while (flights.size === 0) bed.clock.advance(1);
  bed.clock.advance(100);
  const [later] = bed.checker.runningProbes(0).values();
  clock.advance(250);
  assert.deepEqual(drain(queue), [`web0 since ${later}`]);
  steer(bed.checker).pause("web0");
  clock.advance(250);
  assert.deepEqual(drain(queue), ["web0 since 0"], "whose outcome nobody will be told");
});

Deno.test("who comes later or was slow is told of all that is running, others of changes", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const [one, two] = [1, 2].map(() => watcher(filterOf({ pulses: true })));
  assert.ok(one && two);
  const turn = () => {
    clock.advance(250);
    return drain(one.queue);
  };
  probes.running.set("web0", 10);
  feed.join(one);
  assert.deepEqual(turn(), ["anew,web0 since 10"]);
  probes.running.set("web1", 20);
  feed.join(two);
  assert.deepEqual(turn(), ["web1 since 20"]);
  probes.running.set("web0", 30);
  assert.deepEqual(turn(), ["web0 since 30"]);
  probes.running.delete("web1");
  assert.deepEqual(turn(), ["web1 since 0"]);
  assert.deepEqual(drain(two.queue), ["anew,web0 since 10,web1 since 20"]);
  assert.deepEqual(turn(), []);
  assert.deepEqual(drain(two.queue), ["anew,web0 since 30"], "who has missed two of them");
  probes.running.clear();
  assert.deepEqual([turn(), drain(two.queue)], [["web0 since 0"], ["web0 since 0"]]);
  feed.leave(one);
  feed.leave(two);
  probes.running.set("web0", 40);
  feed.join(one);
  feed.join(two);
  assert.deepEqual([turn(), drain(two.queue)], [["anew,web0 since 40"], ["anew,web0 since 40"]]);
  feed.leave(one);
  feed.leave(two);
});

Deno.test("many that are running come in parts as well, behind the outcomes", () => {
  const probes = new Probes();
  const clock = new FakeClock();
  const feed = new PulseFeed(probes, clock);
  const one = watcher(filterOf({ pulses: true }));
  feed.join(one);
  const names = Array.from({ length: 4_500 }, (_, i) => `web${i}`);
  for (const name of names.slice(0, 1_500)) probes.tell(name, pass);
  for (const name of names) probes.running.set(name, 1);
  clock.advance(250);
  const told = take(one.queue).map(({ event }) => {
    assert.ok(event.case === "pulses");
    return event.value;
  });
  const shape = told.map(({ pulses, running, runningAnew }) => [
    ...[pulses.length, running.length, runningAnew],
  ]);
  assert.deepEqual(shape, [[1_500, 500, true], [0, 2_000, false], [0, 2_000, false]]);
  const seen = told.flatMap(({ running }) => running.map(({ backendName }) => backendName));
  assert.deepEqual(seen, names);
  feed.leave(one);
  assert.equal(clock.pending, 0);
});

Deno.test("log levels: each watcher has its own, and one subscription serves all of a level", async () => {
  using beds = hubBed();
  const { log } = beds.bed;
  const off = { backend: false, frontend: false };
  const debug = await beds.watch({ ...off, logLevel: "DEBUG" });
  const error = await beds.watch({ ...off, logLevel: "Error" });
  const another = await beds.watch({ ...off, logLevel: "error" });
  assert.equal(log.listeners, 2);
  log.debug("probe-done");
  log.error("vpp-reconciler-error");
  assert.deepEqual(drain(debug), ["debug probe-done", "error vpp-reconciler-error"]);
  assert.deepEqual(drain(error), ["error vpp-reconciler-error"]);
  assert.deepEqual(drain(another), ["error vpp-reconciler-error"]);
  await debug.return();
  assert.equal(log.listeners, 1);
  await error.return();
  assert.equal(log.listeners, 1);
  await another.return();
  assert.equal(log.listeners, 0);
  const again = await beds.watch({ ...off, logLevel: "error" });
  log.error("vpp-reconciler-error");
  assert.deepEqual(drain(again), ["error vpp-reconciler-error"]);
});

Deno.test("watchers of one level hear the records that each has named", async () => {
  using beds = hubBed();
  const { log } = beds.bed;
  const off = { backend: false, frontend: false };
  const [all, some] = [await beds.watch(off), await beds.watch({ ...off, logNames: ["vpp-"] })];
  log.info("vpp-lbsync-done");
  log.info("reloaded");
  log.warn("log-limited", { record: "vpp-lbsync-done", suppressed: 3 });
  assert.equal(log.listeners, 1);
  assert.equal(drain(all).length, 3);
  assert.deepEqual(drain(some), ["info vpp-lbsync-done", "warn log-limited"]);
});

/** Probes that end when a test says so. */
class Probes {
  readonly #listeners = new Set<(backend: string, result: ProbeResult) => void>();

  /** Of those that take long, since when they run. */
  readonly running = new Map<string, number>();

  get listeners(): number {
    return this.#listeners.size;
  }

  runningProbes(): ReadonlyMap<string, number> {
    return new Map(this.running);
  }

  watchProbes(listener: (backend: string, result: ProbeResult) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(backend: string, result: ProbeResult): void {
    for (const listener of this.#listeners) listener(backend, result);
  }
}

function watcher(filter: ReturnType<typeof filterOf>) {
  const queue = new EventQueue<SharedEvent>([], { count: 10, bytes: 1e6 }, () => {});
  return { filter, queue };
}
