import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { WatchRequestSchema } from "../../../lib/gen/maglev_pb.ts";
import type { Answer, Polling } from "../../../lib/rpc/answer.ts";
import { EventHub } from "../../../lib/api/watch/hub.ts";
import { SnapshotCache } from "../../../lib/api/watch/shared_event.ts";
import { watchEvents } from "../../../lib/api/watch/stream.ts";
import { backendStateToProto } from "../../../lib/api/convert/events.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { CheckerBed } from "../support/checker_bed.ts";
import { type HubBed, hubBed, watchBudgets } from "../support/watch.ts";
import { operatorAt } from "../../rpc/support/callers.ts";

const end = { done: true, value: undefined };

function watch({ hub }: Pick<HubBed, "hub">, binary = true, peer = "192.0.2.1"): Polling<Answer> {
  const { signal } = new AbortController();
  const request = create(WatchRequestSchema, { frontend: false });
  return watchEvents(hub, request, { signal, principal: operatorAt(peer), binary })
    [Symbol.asyncIterator]();
}

Deno.test("a stream reads and polls what its queue has, in its own form, until it returns", async () => {
  for (const binary of [true, false]) {
    using beds = hubBed();
    const stream = watch(beds, binary);
    assert.equal(stream.poll?.(), undefined, "it is not open yet");
    const first = await stream.next();
    assert.equal(first.done, false);
    const begins = binary ? 0x12 : "{".charCodeAt(0);
    assert.equal(first.value?.message[0], begins);
    for (let i = 0; i < 3; i++) assert.equal(stream.poll?.()?.message[0], begins);
    assert.equal(stream.poll?.(), undefined);
    assert.equal(beds.hub.size, 1);
    assert.deepEqual(await stream.return?.(), end);
    assert.equal(beds.hub.size, 0);
    assert.deepEqual(await stream.next(), end);
  }
});

Deno.test("a stream that is returned while it opens watches nothing", async () => {
  using beds = hubBed();
  beds.bed.hold();
  beds.bed.move("web0", "up");
  const stream = watch(beds);
  const first = stream.next();
  const second = stream.next();
  assert.deepEqual(await second, end, "it opens once");
  await stream.return?.();
  beds.bed.release();
  assert.deepEqual(await first, end);
  assert.equal(beds.hub.size, 0);
});

Deno.test("the opening state gives way to others where a turn is over, changes come at once", async () => {
  using bed = new CheckerBed();
  const { checker, journal, log, clock } = bed;
  const budgets = watchBudgets();
  const limits = { count: 10, bytes: 10_000 };
  const hub = new EventHub({
    ...{ checker, journal, logs: log, clock, streamId: "here", limits, budgets },
  });
  const stream = watch({ hub });
  await stream.next();
  let turns = 0;
  clock.turn = { isOver: true, next: () => Promise.resolve(void turns++) };
  await stream.next();
  assert.equal(turns, 1);
  while (stream.poll?.());
  bed.move("web0", "up");
  await stream.next();
  assert.equal(turns, 1);
  await stream.return?.();
});

Deno.test("a stream of this machine counts with its own", async () => {
  using bed = new CheckerBed();
  const { checker, journal, log, clock } = bed;
  const [budgets, ownBudgets] = [watchBudgets(), watchBudgets()];
  const limits = { count: 10, bytes: 1000 };
  const hub = new EventHub({
    ...{ checker, journal, logs: log, clock, streamId: "here", limits, budgets, ownBudgets },
  });
  const streams = [watch({ hub }), watch({ hub }, true, "127.0.0.1"), watch({ hub }, true, "::1")];
  for (const stream of streams) await stream.next();
  assert.deepEqual([budgets.watchers.used, ownBudgets.watchers.used], [1, 2]);
  for (const stream of streams) await stream.return?.();
  assert.deepEqual([budgets.watchers.used, ownBudgets.watchers.used], [0, 0]);
});

Deno.test("what is furthest behind is cut off by the hub, whoever has no room", async () => {
  const budgets = watchBudgets({ backlog: 2000 });
  using beds = hubBed({ budgets });
  const off = { backend: false, frontend: false };
  const stopped = await beds.watch(off);
  const reading = await beds.watch(off);
  for (let i = 0; i < 100; i++) {
    beds.bed.log.info("hello");
    assert.ok(reading.poll(), "who reads goes on");
  }
  assert.equal(beds.hub.size, 1);
  await assert.rejects(stopped.next(), /watcher too slow/);
});

Deno.test("opening events are made once, and again for what has changed", async () => {
  const names = ["a", "b", "c"];
  const made: string[] = [];
  const gone = new Set<string>();
  const cache = new SnapshotCache(new FakeClock(), {
    names: () => names,
    event(name) {
      if (gone.has(name)) return undefined;
      made.push(name);
      return backendStateToProto(name, { state: "up" });
    },
  });
  await cache.warm();
  assert.deepEqual(made, names);
  const all = cache.all();
  assert.equal(cache.all(), all);
  assert.deepEqual([all.length, made.length], [3, 3]);
  cache.changed("b");
  const now = cache.all();
  assert.deepEqual(made.slice(3), ["b"]);
  assert.deepEqual([now[0], now[2]], [all[0], all[2]]);
  assert.notEqual(now[1], all[1]);
  gone.add("c");
  cache.changed("c");
  await cache.warm();
  assert.deepEqual(cache.all(), now.slice(0, 2));
  cache.clear();
  assert.equal(cache.all().length, 2);
  assert.deepEqual(made.slice(4), ["a", "b"]);
});
