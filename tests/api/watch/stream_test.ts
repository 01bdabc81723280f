import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { backendStateToProto } from "../../../lib/api/convert/events.ts";
import { EventHub, SnapshotCache } from "../../../lib/api/watch/hub.ts";
import { knownKinds, wantsRecord } from "../../../lib/api/watch/stream.ts";
import { eventKinds } from "../../../lib/events/mod.ts";
import { WatchRequestSchema } from "../../../lib/gen/maglev_pb.ts";
import type { Answer, Polling } from "../../../lib/rpc/answer.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { operatorAt } from "../../rpc/support/callers.ts";
import { CheckerBed } from "../support/checker_bed.ts";
import { filterOf, type HubBed, hubBed, watchBudgets } from "../support/watch.ts";

Deno.test("unset flags mean what they did before there were others", () => {
  const filter = filterOf({});
  assert.deepEqual([...filter.kinds].sort(), ["backend", "frontend"]);
  const { log, pulses, heartbeat, opening, since } = filter;
  assert.deepEqual(
    { log, pulses, heartbeat, opening, since },
    {
      ...{ log: "info", pulses: false, heartbeat: false, opening: false },
      since: undefined,
    },
  );
  assert.equal(filter.repeated.size, 0);
});

Deno.test("changes are all the other kinds, or those that are named", () => {
  const others = [
    "audit",
    "drain",
    "operator",
    "override",
    "pool",
    "probing",
    "reload",
    "safety",
    "vpp",
    "weight",
  ];
  const kinds = (request: Parameters<typeof filterOf>[0]) => [...filterOf(request).kinds].sort();
  const off = { backend: false, frontend: false };
  assert.deepEqual(kinds({ ...off, changes: true }), others);
  assert.deepEqual(kinds({ ...off, changes: true, kinds: ["vpp", "pool"] }), ["pool", "vpp"]);
  assert.deepEqual(kinds({ changes: true, kinds: ["vpp"] }), ["backend", "frontend", "vpp"]);
  assert.deepEqual(kinds({ ...off, kinds: ["vpp"] }), []);
});

Deno.test("a kind that is named again and again is one kind", () => {
  assert.deepEqual(knownKinds(Array(13_000).fill("vpp"), eventKinds), ["vpp"]);
});

Deno.test("records are left out that repeat what events tell, and no others", () => {
  const all = filterOf({ changes: true }).repeated;
  for (const name of ["backend-transition", "config-diff", "vpp-altered", "operator-action"]) {
    assert.ok(all.has(name), name);
  }
  assert.ok(!all.has("config-reload-done"));
  const some = filterOf({ changes: true, kinds: ["pool"], backend: false }).repeated;
  assert.deepEqual([...some].sort(), ["frontend-failover", "frontend-transition"]);
});

Deno.test("signs of life come with what needs them, unless refused", () => {
  assert.equal(filterOf({ changes: true }).heartbeat, true);
  assert.equal(filterOf({ since: {} }).heartbeat, true);
  assert.equal(filterOf({ pulses: true }).heartbeat, false);
  assert.equal(filterOf({ changes: true, heartbeat: false }).heartbeat, false);
  assert.equal(filterOf({ changes: true, heartbeat: false }).opening, true);
  assert.equal(filterOf({ since: {}, heartbeat: false }).opening, true);
  assert.equal(filterOf({ heartbeat: true }).opening, true);
  assert.equal(filterOf({ heartbeat: false }).opening, false);
});

Deno.test("a level is taken as it comes, and what is none is refused", () => {
  assert.equal(filterOf({ logLevel: "WARN" }).log, "warn");
  assert.equal(filterOf({ logLevel: "debug", log: false }).log, undefined);
  assert.throws(
    () => filterOf({ logLevel: "loud", log: false }),
    /invalid_argument.*log_level "loud" is not debug, info, warn or error/,
  );
  assert.throws(
    () => filterOf({ kinds: ["backend"] }),
    /kind "backend" is not pool, weight, reload, operator, override, drain, safety, vpp, probing or audit/,
  );
});

Deno.test("of the log what is asked for by name is told, and how much of it was left out", () => {
  const filter = filterOf({ changes: true, logNames: ["vpp-lb", "vpp-disc", "audit"] });
  const wants = (msg: string, record?: string) =>
    wantsRecord(filter, { level: "info", msg, wall: 0, attributes: { record } });
  assert.ok(wants("vpp-lbsync-as-add"));
  assert.ok(wants("vpp-lb"));
  assert.ok(!wants("vpp-l"));
  assert.ok(!wants("config-reload-done"));
  assert.ok(!wants("audit"), "an event tells it");
  assert.ok(wants("log-limited", "vpp-lbsync-as-add"));
  assert.ok(!wants("log-limited", "probe-failed"));
  assert.ok(!wants("log-limited"));
  assert.ok(wantsRecord(filterOf({}), { level: "info", msg: "any", wall: 0, attributes: {} }));
});

Deno.test("names of records are few and short: they are kept while a stream is open", () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `vpp-${i}`);
  assert.deepEqual(filterOf({ logNames: names(16) }).logNames, names(16));
  assert.deepEqual(filterOf({ logNames: Array(17).fill("vpp-") }).logNames, ["vpp-"]);
  assert.throws(
    () => filterOf({ logNames: names(17) }),
    /invalid_argument.*log_names has 17 names, and at most 16 are taken/,
  );
  assert.equal(filterOf({ logNames: ["v".repeat(100)] }).logNames.length, 1);
  assert.throws(
    () => filterOf({ logNames: ["v".repeat(101)] }),
    /invalid_argument.*log_names has a name of more than 100 characters/,
  );
});

const end = { done: true, value: undefined };

function watch({ hub }: Pick<HubBed, "hub">, binary = true, peer = "192.0.2.1"): Polling<Answer> {
  const { signal } = new AbortController();
  const request = create(WatchRequestSchema, { frontend: false });
  return hub.stream(request, { signal, principal: operatorAt(peer), binary })
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
  assert.equal(stream.poll?.(), undefined, "what is at hand waits for the next turn as well");
  await stream.next();
  assert.equal(turns, 2);
  clock.turn = { ...clock.turn, isOver: false };
  while (stream.poll?.());
  clock.turn = { ...clock.turn, isOver: true };
  bed.move("web0", "up");
  await stream.next();
  assert.equal(turns, 2);
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
