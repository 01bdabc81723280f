import { toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import assert from "node:assert/strict";
import type { Event } from "../../lib/gen/maglev_pb.ts";
import { EventSchema } from "../../lib/gen/maglev_pb.ts";
import { EventHub } from "../../lib/rpc/event_hub.ts";
import type { WatchFilter } from "../../lib/rpc/event_hub.ts";
import type { EventQueue } from "../../lib/rpc/event_queue.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import type { Clock } from "../../lib/time/mod.ts";
import { FakeChecker, smallConfig } from "./fake_checker.ts";
import { FakeLog } from "./fake_log.ts";

const limits = { count: 100_000, bytes: 1e8 };
const everything: WatchFilter = { backend: true, frontend: true, log: "info", binary: false };

function setUp(checker = new FakeChecker(), clock: Clock = new FakeClock()) {
  const log = new FakeLog();
  return { checker, log, hub: new EventHub(checker, log, limits, clock) };
}

/** What is in a queue, in short. */
function drain(queue: EventQueue<Event>): string[] {
  const lines: string[] = [];
  for (let event = queue.poll(); event; event = queue.poll()) lines.push(describe(event));
  return lines;
}

function describe({ event }: Event): string {
  switch (event.case) {
    case "backend":
      return `${event.value.backendName} ${event.value.transition?.from}-${event.value.transition?.to}`;
    case "frontend":
      return `${event.value.frontendName} ${event.value.transition?.from}-${event.value.transition?.to}`;
    case "log":
      return `${event.value.level} ${event.value.msg}`;
    case undefined:
      return "nothing";
  }
}

Deno.test("a watcher sees the state as it is, at 0, then what happens, in order", async () => {
  const { checker, log, hub } = setUp();
  checker.move("web1", "up");
  const queue = await hub.watch(everything);
  checker.move("web0", "up");
  log.info("hello");
  checker.moveFrontend("www", "up");
  const first = queue.poll()?.event;
  assert.ok(first?.case === "backend");
  assert.equal(first.value.transition?.atUnixNs, 0n);
  assert.deepEqual(drain(queue), [
    "web1 up-up",
    "web2 unknown-unknown",
    "web3 unknown-unknown",
    "api unknown-unknown",
    "www unknown-unknown",
    "web0 unknown-up",
    "info hello",
    "www unknown-up",
  ]);
});

Deno.test("each filter hides its kind, in the snapshot and after", async () => {
  const { checker, log, hub } = setUp();
  const off = { backend: false, frontend: false, log: undefined, binary: false };
  const watchers = {
    backend: await hub.watch({ ...off, backend: true }),
    frontend: await hub.watch({ ...off, frontend: true }),
    log: await hub.watch({ ...off, log: "info" }),
    nothing: await hub.watch(off),
  };
  checker.move("web0", "up");
  checker.moveFrontend("api", "up");
  log.info("hello");
  assert.equal(
    drain(watchers.backend).join(),
    [
      "web0 unknown-unknown",
      "web1 unknown-unknown",
      "web2 unknown-unknown",
      "web3 unknown-unknown",
      "web0 unknown-up",
    ].join(),
  );
  assert.deepEqual(drain(watchers.frontend), [
    "api unknown-unknown",
    "www unknown-unknown",
    "api unknown-up",
  ]);
  assert.deepEqual(drain(watchers.log), ["info hello"]);
  assert.deepEqual(drain(watchers.nothing), []);
});

Deno.test("each watcher has its own level, and one subscription serves all of a level", async () => {
  const { log, hub } = setUp();
  const off = { backend: false, frontend: false, binary: false };
  const debug = await hub.watch({ ...off, log: "debug" });
  const error = await hub.watch({ ...off, log: "error" });
  const another = await hub.watch({ ...off, log: "error" });
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
});

Deno.test("a backend that a reload brings is in the next snapshot", async () => {
  const { checker, hub } = setUp();
  await hub.watch(everything);
  const web0 = checker.backend("web0");
  assert.ok(web0);
  checker.add({ ...web0.config, name: "aaa" });
  const queue = await hub.watch({ ...everything, frontend: false });
  assert.equal(drain(queue)[0], "aaa unknown-unknown");
});

Deno.test("a new backend whose first change is still to be told appears as it began", async () => {
  const { checker, hub } = setUp();
  const web0 = checker.backend("web0");
  assert.ok(web0);
  checker.hold();
  checker.add({ ...web0.config, name: "aaa" });
  checker.move("aaa", "up");
  const queue = await hub.watch({ ...everything, frontend: false });
  checker.release();
  const lines = drain(queue);
  assert.deepEqual([lines[0], lines.at(-1)], ["aaa unknown-unknown", "aaa unknown-up"]);
});

Deno.test("encoded and plain events say the same", async () => {
  const { checker, log, hub } = setUp();
  const plain = await hub.watch(everything);
  const encoded = await hub.watch({ ...everything, binary: true });
  checker.move("web0", "up");
  log.info("hello", { a: "b" });
  for (let event = plain.poll(); event; event = plain.poll()) {
    const other = encoded.poll();
    assert.ok(other);
    assert.deepEqual(toBinary(EventSchema, other), toBinary(EventSchema, event));
  }
  assert.equal(encoded.poll(), undefined);
});

Deno.test("all watchers get the very same message: nothing is encoded twice", async () => {
  const { checker, hub } = setUp();
  const watchers = await Promise.all(
    Array.from({ length: 10 }, () => hub.watch({ ...everything, frontend: false, binary: true })),
  );
  checker.move("web0", "up");
  const seen = watchers.map((queue) => Array.from({ length: 5 }, () => queue.poll()));
  for (const events of seen) {
    for (const [i, event] of events.entries()) assert.equal(event, seen[0]?.[i]);
  }
});

Deno.test("snapshot and changes fit together whenever a watcher comes", async () => {
  const seed = 20261121;
  const states = ["up", "down", "paused", "disabled", "unknown"] as const;
  const move = fc.record({ backend: fc.nat(39), to: fc.constantFrom(...states) });
  const step = fc.oneof(
    { weight: 6, arbitrary: move },
    { weight: 2, arbitrary: fc.constant("watch" as const) },
    { weight: 1, arbitrary: fc.constantFrom("hold" as const, "release" as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
      const { checker, hub } = setUp(new FakeChecker(smallConfig(40)), new ImpatientClock());
      const watchers: Promise<EventQueue<Event>>[] = [];
      for (const each of steps) {
        if (each === "watch") watchers.push(hub.watch({ ...everything, log: undefined }));
        else if (each === "hold") checker.hold();
        else if (each === "release") checker.release();
        else checker.move(`web${each.backend}`, each.to);
        await Promise.resolve();
      }
      const queues = await Promise.all(watchers);
      checker.release();
      for (const queue of queues) {
        assertConsistent(queue, checker);
        await queue.return();
      }
      assert.equal(hub.size, 0);
    }),
    { seed, numRuns: 60 },
  );
});

/** A clock by which every slice of work has taken too long. */
class ImpatientClock extends FakeClock {
  override now(): number {
    this.advance(10);
    return super.now();
  }

  override after(delayMs: number, run: () => void) {
    const timer = super.after(delayMs, run);
    queueMicrotask(() => this.advance(1));
    return timer;
  }
}

/** Each backend comes once in the snapshot, and from there on `from` is where it was. */
function assertConsistent(queue: EventQueue<Event>, checker: FakeChecker): void {
  const states = new Map<string, string>();
  for (let message = queue.poll(); message; message = queue.poll()) {
    const { event } = message;
    if (event.case !== "backend" || !event.value.transition) continue;
    const { backendName, transition: { from, to, atUnixNs } } = event.value;
    const expected = atUnixNs === 0n ? undefined : from;
    assert.equal(states.get(backendName), expected, `${backendName} ${from}-${to}`);
    states.set(backendName, to);
  }
  for (const name of checker.backendNames()) {
    assert.equal(states.get(name), checker.backend(name)?.state);
  }
}

Deno.test("closing ends every watcher, and later ones, with the reason", async () => {
  const { checker, log, hub } = setUp();
  const queue = await hub.watch(everything);
  hub.close(new ConnectError("server shutting down", Code.Unavailable));
  await assert.rejects(queue.next(), /server shutting down/);
  await assert.rejects(hub.watch(everything), /server shutting down/);
  assert.equal(checker.listeners, 0);
  assert.equal(log.listeners, 0);
});

Deno.test("a watcher that is cut off costs nothing any more, and others go on", async () => {
  const checker = new FakeChecker();
  const log = new FakeLog();
  const hub = new EventHub(checker, log, { count: 3, bytes: 1e6 }, new FakeClock());
  const off = { backend: false, frontend: false, log: "info", binary: true } as const;
  const stopped = await hub.watch(off);
  const reading = await hub.watch(off);
  for (let i = 0; i < 10; i++) {
    log.info("hello");
    assert.ok(reading.poll());
  }
  assert.equal(hub.size, 1);
  await assert.rejects(stopped.next(), /watcher too slow/);
});
