import { fromBinary, fromJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { SharedEvent } from "../../../lib/api/watch/stream.ts";
import { EventSchema } from "../../../lib/gen/maglev_pb.ts";
import type { EventQueue } from "../../../lib/rpc/queue.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { steer } from "../../support/steer.ts";
import { settle } from "../../support/until.ts";
import { CheckerBed, countListeners } from "../support/checker_bed.ts";
import { smallConfig } from "../support/small_config.ts";
import { drain, HubBed, hubBed, take } from "../support/watch.ts";
import fc from "fast-check";
import assert from "node:assert/strict";

Deno.test("a watcher sees the state as it is, at 0, then what happens, in order", async () => {
  using beds = hubBed();
  const { bed } = beds;
  bed.move("web1", "down");
  const queue = await beds.watch();
  bed.move("web2", "up");
  bed.log.info("hello");
  steer(bed.checker).pause("web1");
  const first = queue.poll()?.plain.event;
  assert.ok(first?.case === "backend");
  assert.equal(first.value.transition?.atUnixNs, 0n);
  assert.deepEqual(drain(queue), [
    "web1 down-down",
    "web2 unknown-unknown",
    "web3 unknown-unknown",
    "api unknown-unknown",
    "www unknown-unknown",
    "4: web2 unknown-up",
    "7: api unknown-up",
    "10: www unknown-up",
    "info hello",
    "12: web1 down-paused",
  ]);
});

Deno.test("a request without the added fields is told nothing but what it always was", async () => {
  using beds = hubBed();
  const { bed } = beds;
  bed.logEvents();
  const queue = await beds.watch();
  bed.move("web0", "up");
  steer(bed.checker).disable("web0");
  const next = smallConfig();
  const frontends = new Map([...next.frontends].filter(([name]) => name === "www"));
  await bed.reload({ ...next, frontends });
  beds.clock.advance(60_000);
  const cases = new Set(take(queue).map(({ event }) => event.case));
  assert.deepEqual(cases, new Set(["backend", "frontend", "log"]));
});

Deno.test("each filter hides its kind, in the snapshot and after", async () => {
  using beds = hubBed();
  const { bed } = beds;
  const off = { backend: false, frontend: false, log: false };
  const watchers = {
    backend: await beds.watch({ ...off, backend: true }),
    frontend: await beds.watch({ ...off, frontend: true }),
    log: await beds.watch({ ...off, log: true }),
    nothing: await beds.watch(off),
  };
  bed.move("web0", "up");
  bed.log.info("hello");
  assert.equal(
    drain(watchers.backend).join(),
    [
      "web0 unknown-unknown",
      "web1 unknown-unknown",
      "web2 unknown-unknown",
      "web3 unknown-unknown",
      "1: web0 unknown-up",
    ].join(),
  );
  assert.deepEqual(drain(watchers.frontend), [
    "api unknown-unknown",
    "www unknown-unknown",
    "3: api unknown-up",
    "5: www unknown-up",
  ]);
  assert.deepEqual(drain(watchers.log), ["info hello"]);
  assert.deepEqual(drain(watchers.nothing), []);
});

Deno.test("a watcher of changes hears of pools, weights, removals and reloads, each once", async () => {
  using beds = hubBed();
  const { bed } = beds;
  bed.logEvents();
  for (const name of ["web0", "web2"]) bed.move(name, "up");
  const queue = await beds.watch({ changes: true });
  drain(queue);
  bed.move("web0", "down");
  const next = smallConfig();
  const frontends = new Map([...next.frontends].filter(([name]) => name === "www"));
  await bed.reload({ ...next, frontends });
  assert.deepEqual(drain(queue).map((line) => line.replace(/^\d+: /, "")), [
    "web0 up-down",
    "api pool primary-fallback",
    "api/web0 100-0",
    "api/web2 0-100",
    "www pool primary-fallback",
    "www/web0 100-0",
    "www/web2 0-100",
    "api up-removed",
    "reload applied",
  ]);
});

Deno.test("a watcher of some kinds is told these, and has records of the others", async () => {
  using beds = hubBed();
  const { bed } = beds;
  bed.logEvents();
  const queue = await beds.watch({
    ...{ changes: true, kinds: ["operator"], heartbeat: false },
    ...{ backend: false, frontend: false },
  });
  drain(queue);
  steer(bed.checker).disable("web0");
  assert.deepEqual(drain(queue), ["1: disable web0", "info backend-transition"]);
});

Deno.test("backends that a reload brings are in the next snapshot, a renamed one as it is", async () => {
  using beds = hubBed();
  const { bed } = beds;
  bed.move("web0", "up");
  await beds.watch();
  const config = smallConfig();
  const web0 = config.backends.get("web0");
  const web1 = config.backends.get("web1");
  assert.ok(web0 && web1);
  const elsewhere = { ...web1, name: "new", address: smallConfig(9).backends.get("web8")?.address };
  assert.ok(elsewhere.address);
  const renamed = { ...web0, name: "aaa" };
  const backends = new Map([["aaa", renamed], ["new", {
    ...elsewhere,
    address: elsewhere.address,
  }]]);
  await bed.reload({ ...config, backends, frontends: new Map() });
  const queue = await beds.watch({ frontend: false });
  assert.deepEqual(drain(queue), ["aaa up-up", "new unknown-unknown"]);
});

Deno.test("a backend of which nothing was told yet is in the next snapshot", async () => {
  using beds = hubBed();
  const { bed } = beds;
  const names = drain(await beds.watch({ frontend: false }));
  const web4 = smallConfig(5).backends.get("web4");
  assert.ok(web4);
  const config = smallConfig();
  await bed.reload({ ...config, backends: new Map([...config.backends, ["web4", web4]]) });
  assert.deepEqual(bed.events.map(({ kind }) => kind), ["reload"]);
  const now = drain(await beds.watch({ frontend: false }));
  assert.deepEqual(now, [...names, "web4 unknown-unknown"]);
});

Deno.test("a watcher that comes while events wait to be told hears each of them once", async () => {
  using beds = hubBed();
  const { bed } = beds;
  bed.hold();
  bed.move("web0", "up");
  const opened = beds.watch({ frontend: false });
  // Whoever waits lets everything else go on.
  await settle(2);
  bed.release();
  bed.move("web1", "down");
  assert.deepEqual(drain(await opened), [
    "web0 up-up",
    "web1 down-down",
    "web2 unknown-unknown",
    "web3 unknown-unknown",
  ]);
});

Deno.test("events say the same as protobuf and as JSON", async () => {
  using beds = hubBed();
  const { bed } = beds;
  bed.logEvents();
  const queue = await beds.watch({ changes: true, since: { streamId: "another", seq: 1n } });
  bed.move("web0", "up");
  bed.log.info("hello", { a: "b" });
  for (let event = queue.poll(); event; event = queue.poll()) {
    const text = new TextDecoder().decode(event.as(false).message);
    assert.deepEqual(fromBinary(EventSchema, event.as(true).message), event.plain);
    assert.deepEqual(fromJsonString(EventSchema, text), event.plain);
    assert.equal(event.as(true), event.as(true), "written once");
    assert.equal(event.as(false), event.as(false), "written once");
  }
});

Deno.test("all watchers get the very same message, replayed or live: nothing is encoded twice", async () => {
  using beds = hubBed();
  const { bed } = beds;
  const live = await Promise.all(
    Array.from({ length: 10 }, () => beds.watch({ changes: true, frontend: false })),
  );
  bed.move("web0", "up");
  const seen = live.map((queue) => take(queue).slice(6));
  const since = { streamId: "this-run", seq: 0n };
  const late = await beds.watch({ changes: true, frontend: false, since });
  seen.push(take(late).slice(1, -1));
  assert.equal(seen[0]?.length, 3);
  for (const events of seen) {
    assert.equal(events.length, 3);
    for (const [i, event] of events.entries()) assert.equal(event, seen[0]?.[i]);
  }
});

Deno.test("snapshot and changes fit together whenever a watcher comes", async () => {
  const seed = 20261121;
  const states = ["up", "down", "paused", "disabled", "unknown"] as const;
  const move = fc.record({ backend: fc.nat(9), to: fc.constantFrom(...states) });
  const step = fc.oneof(
    { weight: 6, arbitrary: move },
    { weight: 2, arbitrary: fc.constant("watch" as const) },
    { weight: 1, arbitrary: fc.constantFrom("hold" as const, "tell" as const, "release" as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      using beds = new HubBed(new ImpatientClock(), { bed: new CheckerBed(smallConfig(10)) });
      const { bed } = beds;
      const watchers: Promise<EventQueue<SharedEvent>>[] = [];
      for (const each of steps) {
        if (each === "watch") watchers.push(beds.watch({ log: false }));
        else if (each === "hold") bed.hold();
        else if (each === "tell") bed.tellOne();
        else if (each === "release") bed.release();
        else bed.move(`web${each.backend}`, each.to);
        await Promise.resolve();
      }
      bed.release();
      const queues = await Promise.all(watchers);
      for (const queue of queues) {
        assertConsistent(queue, bed);
        await queue.return();
      }
      assert.equal(beds.hub.size, 0);
    }),
    { seed, numRuns: 60 },
  );
});

/** A clock by which every slice of work has taken too long. */
class ImpatientClock extends FakeClock {
  /** Turns that have ended. */
  pauses = 0;
  override turn = {
    isOver: true,
    next: async () => {
      this.pauses++;
      for (let round = 0; round < 5; round++) await Promise.resolve();
    },
  };

  override now(): number {
    this.advance(10);
    return super.now();
  }
}

/** Each backend and frontend comes once in the snapshot, and from there on `from` is where it was. */
function assertConsistent(queue: EventQueue<SharedEvent>, { checker }: CheckerBed): void {
  const states = new Map<string, string>();
  for (const { event } of take(queue)) {
    assert.ok(event.case === "backend" || event.case === "frontend");
    const { transition } = event.value;
    const name = event.case === "backend" ? event.value.backendName : event.value.frontendName;
    assert.ok(transition);
    const { from, to, atUnixNs } = transition;
    assert.equal(states.get(name), atUnixNs === 0n ? undefined : from, `${name} ${from}-${to}`);
    states.set(name, to);
  }
  for (const name of checker.backendNames()) {
    assert.equal(states.get(name), checker.backend(name)?.state);
  }
  for (const name of checker.frontendNames()) {
    assert.equal(states.get(name), checker.frontend(name)?.state);
  }
}

Deno.test("the present state is made in slices, and only what is asked for", async () => {
  const pauses = async (request: Parameters<HubBed["watch"]>[0]) => {
    const clock = new ImpatientClock();
    using beds = new HubBed(clock, { bed: new CheckerBed(smallConfig(100)) });
    clock.pauses = 0;
    await beds.watch(request);
    const { pauses } = clock;
    await beds.watch(request);
    assert.equal(clock.pauses, pauses, "made once for all");
    return pauses;
  };
  const [backends, frontends] = [
    await pauses({ frontend: false }),
    await pauses({ backend: false }),
  ];
  assert.ok(backends >= 3, `${backends}`);
  assert.ok(frontends >= 1 && frontends < backends, `${frontends}`);
  assert.equal(await pauses({}), backends + frontends);
  assert.equal(await pauses({ backend: false, frontend: false }), 0);
});

Deno.test("the present state is kept while somebody watches, and no longer", async () => {
  using beds = hubBed();
  const first = async () => {
    const queue = await beds.watch();
    const event = take(queue)[0];
    assert.ok(event);
    return { queue, event };
  };
  const [one, two] = [await first(), await first()];
  assert.equal(one.event, two.event);
  await one.queue.return();
  const three = await first();
  assert.equal(three.event, one.event);
  for (const { queue } of [two, three]) await queue.return();
  assert.notEqual((await first()).event, one.event);
});

Deno.test("a hub that was closed hears nothing more, and keeps its first reason", async () => {
  const bed = new CheckerBed();
  const listeners = countListeners(bed);
  using beds = hubBed({ bed });
  assert.equal(listeners(), 1);
  beds.hub.close(new ConnectError("first", Code.Unavailable));
  beds.hub.close(new ConnectError("second", Code.Unavailable));
  assert.equal(listeners(), 0);
  await assert.rejects(beds.watch(), /first/);
});

Deno.test("closing ends every watcher, later ones, and those who wait, with the reason", async () => {
  using beds = hubBed();
  const { bed, hub } = beds;
  const queue = await beds.watch({ changes: true, pulses: true });
  bed.hold();
  bed.move("web0", "up");
  const waiting = beds.watch();
  waiting.catch(() => {});
  await beds.clock.advanceAsync(0);
  hub.close(new ConnectError("server shutting down", Code.Unavailable));
  await assert.rejects(queue.next(), /server shutting down/);
  await assert.rejects(waiting, /server shutting down/);
  await assert.rejects(beds.watch(), /server shutting down/);
  assert.equal(bed.log.listeners, 0);
  assert.equal(beds.clock.pending, 0);
});

Deno.test("a watcher that is cut off costs nothing any more, and others go on", async () => {
  using beds = hubBed({ limits: { count: 3, bytes: 1e6 } });
  const off = { backend: false, frontend: false };
  const stopped = await beds.watch(off);
  const reading = await beds.watch(off);
  for (let i = 0; i < 10; i++) {
    beds.bed.log.info("hello");
    assert.ok(reading.poll());
  }
  assert.equal(beds.hub.size, 1);
  await assert.rejects(stopped.next(), /watcher too slow/);
});
