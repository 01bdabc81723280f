import { create, fromBinary } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { EventStream, isAskedFor, Journal, type MaglevEvent } from "../../lib/events/mod.ts";
import { ListEventsRequestSchema, ListEventsResponseSchema } from "../../lib/gen/maglev_pb.ts";
import { answerOf } from "../../lib/rpc/answer.ts";
import type { EventArchive } from "../../lib/api/sources.ts";
import { listEvents } from "../../lib/api/list_events.ts";
import { EventHub } from "../../lib/api/watch/hub.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { events } from "../state/support/fixtures.ts";
import { CheckerBed } from "./support/checker_bed.ts";
import { operatorAt } from "../rpc/support/callers.ts";
import { watchBudgets } from "./support/watch.ts";

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
    const answer = await listEvents({ journal, archive, hub, clock }, asked, context);
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
