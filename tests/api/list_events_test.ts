import assert from "node:assert/strict";
import { create, fromBinary, fromJsonString, type MessageInitShape } from "@bufbuild/protobuf";
import { type EventArchive, listEvents } from "../../lib/api/lists.ts";
import { EventHub } from "../../lib/api/watch/hub.ts";
import { EventStream, isAskedFor, Journal, type MaglevEvent } from "../../lib/events/mod.ts";
import {
  type Event,
  ListEventsRequestSchema,
  type ListEventsResponse,
  ListEventsResponseSchema,
  WatchRequestSchema,
} from "../../lib/gen/maglev_pb.ts";
import { answerOf } from "../../lib/rpc/answer.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { operatorAt } from "../rpc/support/callers.ts";
import { events } from "../state/support/fixtures.ts";
import { steer } from "../support/steer.ts";
import { CheckerBed } from "./support/checker_bed.ts";
import { smallConfig } from "./support/small_config.ts";
import { describe, type HubBed, hubBed, watchBudgets } from "./support/watch.ts";

/** An archive that looks at `step` events at a time and ends pages early. */
function archiveOf(old: readonly MaglevEvent[], step = Infinity): EventArchive {
  return {
    list(query) {
      const isNewest = query.order === "newest";
      const { after = isNewest ? Infinity : 0 } = query;
      const ahead = old.filter(({ seq }) => isNewest ? seq < after : seq > after);
      const looked = (isNewest ? ahead.toReversed() : ahead).slice(0, step);
      const found: MaglevEvent[] = [];
      let place = after;
      for (const event of looked) {
        if (isAskedFor(event, query)) {
          if (found.length === query.limit) return Promise.resolve({ events: found, next: place });
          found.push(event);
        }
        place = event.seq;
      }
      const next = looked.length < ahead.length ? place : undefined;
      return Promise.resolve({ events: found, next });
    },
  };
}

/** 1 to 6 are on disk, of which memory holds 5 and 6; 7 to 9 are of this run. */
async function numbers(request: object, archive: EventArchive | undefined): Promise<number[][]> {
  using bed = new CheckerBed();
  const clock = new FakeClock();
  const stream = new EventStream(clock, bed.log);
  const journal = new Journal(stream, 5);
  stream.goOnBehind(6);
  journal.restore(events(5, 6), 6);
  stream.emit(events(7, 9).map(({ seq: _, at: __, ...event }) => event));
  const hub = new EventHub({
    ...{ checker: bed.checker, journal, logs: bed.log, clock, streamId: "here" },
    limits: { count: 1, bytes: 1 },
    budgets: watchBudgets(),
  });
  const context = {
    signal: new AbortController().signal,
    principal: operatorAt("192.0.2.7"),
    binary: true,
  };
  const pages: number[][] = [];
  for (let pageToken = 0n;;) {
    const asked = create(ListEventsRequestSchema, { ...request, pageToken });
    const answer = await listEvents({ journal, archive, hub }, asked, context);
    const { message } = answerOf(ListEventsResponseSchema, answer, true);
    const page = fromBinary(ListEventsResponseSchema, message);
    pages.push(page.events.map(({ seq }) => Number(seq)));
    pageToken = page.nextPageToken;
    if (pageToken === 0n) return pages;
    assert.ok(pages.length < 30, "it does not end");
  }
}

const disk = archiveOf(events(1, 4));

Deno.test("a list goes on from memory to disk, and from disk to memory", async () => {
  assert.deepEqual(await numbers({}, disk), [[9, 8, 7, 6, 5, 4, 3, 2, 1]]);
  assert.deepEqual(await numbers({ oldestFirst: true }, disk), [[1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  assert.deepEqual(await numbers({}, undefined), [[9, 8, 7, 6, 5]]);
});

Deno.test("whatever the pages, nothing is missing and nothing comes twice", async () => {
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let limit = 1; limit < 10; limit++) {
    for (const step of [1, 2, Infinity]) {
      const archive = archiveOf(events(1, 4), step);
      const what = `limit ${limit}, step ${step}`;
      assert.deepEqual((await numbers({ limit, oldestFirst: true }, archive)).flat(), all, what);
      assert.deepEqual((await numbers({ limit }, archive)).flat(), all.toReversed(), what);
      const some = await numbers({ limit, backend: "web1" }, archive);
      assert.deepEqual(some.flat(), [7, 4, 1], what);
    }
  }
});

const { signal } = new AbortController();

async function list(
  { bed, hub }: HubBed,
  request: MessageInitShape<typeof ListEventsRequestSchema> = {},
  binary = true,
): Promise<ListEventsResponse> {
  const asked = create(ListEventsRequestSchema, request);
  const context = { signal, principal: operatorAt(), binary };
  const { message } = await listEvents({ journal: bed.journal, hub }, asked, context);
  if (binary) return fromBinary(ListEventsResponseSchema, message);
  return fromJsonString(ListEventsResponseSchema, new TextDecoder().decode(message));
}

async function lines(...args: Parameters<typeof list>): Promise<string[]> {
  return (await list(...args)).events.map(describe);
}

Deno.test("events are listed newest first, or oldest first", async () => {
  using beds = hubBed();
  beds.bed.move("web0", "down");
  const told = ["1: web0 unknown-down", "2: api/web0 kept-0", "3: www/web0 kept-0"];
  assert.deepEqual(await lines(beds, { oldestFirst: true }), told);
  assert.deepEqual(await lines(beds), [...told].reverse());
});

Deno.test("each filter picks its own", async () => {
  using beds = hubBed();
  const { bed } = beds;
  const config = smallConfig();
  const www = new Map([...config.frontends].filter(([name]) => name === "www"));
  await bed.reload({ ...config, frontends: www });
  bed.move("web0", "up");
  steer(bed.checker).disable("web1", { name: "alice", from: "192.0.2.7" });
  const oldestFirst = true;
  const all = ["1: api unknown-removed", "2: reload applied", "3: web0 unknown-up"];
  assert.deepEqual((await lines(beds, { oldestFirst })).slice(0, 3), all);
  assert.deepEqual(await lines(beds, { oldestFirst, frontend: "api" }), all.slice(0, 2));
  assert.deepEqual(await lines(beds, { oldestFirst, kinds: ["reload"] }), [all[1]]);
  assert.deepEqual(await lines(beds, { oldestFirst, kinds: ["backend", "reload"] }), [
    ...all.slice(1),
    "7: web1 unknown-disabled",
  ]);
  assert.deepEqual(await lines(beds, { oldestFirst, backend: "web0" }), [
    "3: web0 unknown-up",
    "4: www/web0 kept-100",
  ]);
  assert.deepEqual((await lines(beds, { oldestFirst, actor: "alice" }))[0], "6: disable web1");
});

Deno.test("times are those of the events: the first is included, the last is not", async () => {
  const { backends } = smallConfig();
  using beds = hubBed({
    bed: new CheckerBed({ ...smallConfig(), backends, frontends: new Map() }),
  });
  beds.bed.move("web0", "down");
  const [first] = (await list(beds)).events;
  const at = first?.atUnixNs ?? 0n;
  assert.notEqual(at, 0n);
  const count = async (request: MessageInitShape<typeof ListEventsRequestSchema>) =>
    (await list(beds, request)).events.length;
  assert.equal(await count({ notBeforeUnixNs: at }), 1);
  assert.equal(await count({ notBeforeUnixNs: at + 1000n }), 0);
  assert.equal(await count({ beforeUnixNs: at }), 0);
  assert.equal(await count({ beforeUnixNs: at + 1000n }), 1);
});

Deno.test("pages follow one another to the end, both ways", async () => {
  using beds = hubBed();
  for (let i = 0; i < 125; i++) {
    steer(beds.bed.checker).disable("web0");
    steer(beds.bed.checker).enable("web0");
  }
  for (const oldestFirst of [true, false]) {
    const seen: Event[] = [];
    let pages = 0;
    for (let pageToken = 0n;; pages++) {
      const page = await list(beds, { oldestFirst, pageToken, limit: 70 });
      seen.push(...page.events);
      pageToken = page.nextPageToken;
      if (pageToken === 0n) break;
      assert.equal(page.events.length, 70);
    }
    assert.equal(pages, 7);
    const numbers = seen.map(({ seq }) => Number(seq));
    const wanted = Array.from({ length: 502 }, (_, i) => oldestFirst ? i + 1 : 502 - i);
    assert.deepEqual(numbers, wanted);
  }
});

Deno.test("a page has a hundred events unless asked otherwise, and never over a thousand", async () => {
  using beds = hubBed();
  for (let i = 0; i < 300; i++) {
    steer(beds.bed.checker).disable("web0");
    steer(beds.bed.checker).enable("web0");
  }
  assert.equal((await list(beds)).events.length, 100);
  const largest = await list(beds, { limit: 1_000_000 });
  assert.equal(largest.events.length, 1000);
  assert.equal(largest.nextPageToken, 203n);
});

Deno.test("a page says where a stream can go on, and how far back there is anything", async () => {
  using beds = hubBed({ bed: new CheckerBed(smallConfig(), 3) });
  assert.partialDeepStrictEqual(await list(beds), { streamId: "this-run", oldestSeq: 0n });
  for (const name of ["web0", "web1"]) steer(beds.bed.checker).disable(name);
  const { events, streamId, oldestSeq } = await list(beds);
  assert.deepEqual([streamId, oldestSeq, events.length], ["this-run", 6n, 3]);
  const seq = events[0]?.seq ?? 0n;
  const queue = await beds.watch(
    create(WatchRequestSchema, { since: { streamId, seq } }),
  );
  assert.equal(describe(queue.poll()?.plain ?? assert.fail()), "resumed from 8");
});

Deno.test("pages say the same as protobuf and as JSON, whatever is in them", async () => {
  using beds = hubBed();
  const empty = [await list(beds), await list(beds, {}, false)];
  beds.bed.move("web2", "up");
  for (const limit of [1, 2, 9]) {
    const page = await list(beds, { limit });
    assert.deepEqual(await list(beds, { limit }, false), page);
    assert.ok(page.events.every(({ event }) => event.case));
  }
  for (const { events, streamId } of empty) assert.deepEqual([events, streamId], [[], "this-run"]);
});

Deno.test("an unknown kind is an invalid argument, with what is possible", async () => {
  using beds = hubBed();
  await assert.rejects(
    list(beds, { kinds: ["pool", "pools"] }),
    /invalid_argument.*kind "pools" is not backend, frontend, pool, .* or audit$/,
  );
});
