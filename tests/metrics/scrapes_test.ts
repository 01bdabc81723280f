import { deepEqual, equal, rejects } from "node:assert/strict";
import { H2AbortError } from "../../lib/h2/mod.ts";
import { Scrapes } from "../../lib/metrics/scrapes.ts";
import { Budget } from "../../lib/port/mod.ts";
import { scrapeBudgets } from "../../lib/metrics/scrapes.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { settle, until } from "../support/until.ts";

const encoder = new TextEncoder();

/** Renders "a", "b", "c", one for each time that `step` is called, and counts. */
function setUp(limit: number = scrapeBudgets.strangers.limit) {
  const budget = new Budget({ ...scrapeBudgets.strangers, limit });
  const clock = new FakeClock();
  const log = new RecordedLog();
  const counts = { begun: 0, ended: 0 };
  const gates: PromiseWithResolvers<void>[] = [];
  async function* render() {
    const number = ++counts.begun;
    try {
      for (const text of ["a", "b", "c"]) {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        yield encoder.encode(`${text}${number}`);
      }
    } finally {
      counts.ended++;
    }
  }
  const step = async () => {
    await until(() => gates.length > 0);
    gates.shift()?.resolve();
    await settle(20);
  };
  return { clock, log, counts, step, budget, scrapes: new Scrapes(render, budget, clock, log) };
}

async function textOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of parts) text += new TextDecoder().decode(part);
  return text;
}

Deno.test("who asks while a scrape is being made shares it, from its beginning", async () => {
  const { scrapes, step, counts, clock } = setUp();
  const first = textOf(scrapes.read("identity"));
  await step();
  const second = textOf(scrapes.read("identity"));
  await step();
  await step();
  deepEqual([await first, await second], ["a1b1c1", "a1b1c1"]);
  const third = textOf(scrapes.read("identity"));
  for (let i = 0; i < 3; i++) await step();
  equal(await third, "a2b2c2");
  deepEqual([counts, scrapes.size, clock.pending], [{ begun: 2, ended: 2 }, 0, 0]);
});

for (const [tookMs, keptMs] of [[100, 400], [2_000, 1_000]] as const) {
  Deno.test(`a scrape that took ${tookMs} ms to make is shared for ${keptMs} ms, if it is still read`, async () => {
    const { scrapes, step, counts, clock } = setUp();
    const slow = scrapes.read("identity")[Symbol.asyncIterator]();
    clock.advance(tookMs);
    for (let i = 0; i < 3; i++) await step();
    await slow.next();
    clock.advance(keptMs - 1);
    equal(await textOf(scrapes.read("identity")), "a1b1c1");
    clock.advance(1);
    const late = textOf(scrapes.read("identity"));
    for (let i = 0; i < 3; i++) await step();
    equal(await late, "a2b2c2");
    await slow.return?.();
    deepEqual([counts, scrapes.size, clock.pending], [{ begun: 2, ended: 2 }, 0, 0]);
  });
}

Deno.test("a slice without anything in it is given to nobody, but others have their turn", async () => {
  const clock = new FakeClock();
  let turns = 0;
  clock.turn = { isOver: true, next: () => Promise.resolve(void turns++) };
  async function* render() {
    for (const text of ["", "a", "", "", "b"]) yield await Promise.resolve(encoder.encode(text));
  }
  const budget = new Budget(scrapeBudgets.strangers);
  const scrapes = new Scrapes(render, budget, clock, new RecordedLog());
  const parts = await Array.fromAsync(scrapes.read("identity"), ({ length }) => length);
  deepEqual(parts, [1, 1]);
  equal(turns, 5);
});

Deno.test("each encoding has its own", async () => {
  const { scrapes, step } = setUp();
  const plain = textOf(scrapes.read("identity"));
  const gzipped = ReadableStream.from(scrapes.read("gzip")) as ReadableStream<
    Uint8Array<ArrayBuffer>
  >;
  const unzipped = textOf(gzipped.pipeThrough(new DecompressionStream("gzip")));
  for (let i = 0; i < 6; i++) await step();
  deepEqual(new Set([await plain, await unzipped].map((text) => text.length)), new Set([6]));
});

Deno.test("a scrape goes on while one of its readers is left, and ends with the last", async () => {
  const { scrapes, step, counts, clock } = setUp();
  const [one, two] = [scrapes.read("identity"), scrapes.read("identity")]
    .map((each) => each[Symbol.asyncIterator]());
  await step();
  await one?.next();
  await one?.return?.();
  await one?.return?.();
  deepEqual(await one?.next(), { done: true, value: undefined });
  equal(scrapes.size, 1);
  equal(new TextDecoder().decode((await two?.next())?.value), "a1");
  await two?.return?.();
  deepEqual([scrapes.size, clock.pending], [0, 0]);
  await step();
  deepEqual(counts, { begun: 1, ended: 1 });
  const next = scrapes.read("identity")[Symbol.asyncIterator]();
  await step();
  equal(new TextDecoder().decode((await next.next()).value), "a2");
  await next.return?.();
  await step();
});

Deno.test("a scrape that is not read in a minute is cut off, and said so", async () => {
  const { scrapes, step, clock, log } = setUp();
  const slow = scrapes.read("identity")[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) await step();
  await slow.next();
  clock.advance(59_999);
  equal(scrapes.size, 1);
  clock.advance(1);
  equal(scrapes.size, 0);
  await rejects(slow.next(), (error: unknown) => {
    return error instanceof H2AbortError && error.message === "the scrape was not read within 60 s";
  });
  deepEqual(log.lines, ["warn metrics-scrape-cut reason=a scrape was not read within 60 s"]);
});

Deno.test("of a scrape that is cut off what nobody was given is freed at once, and nothing else", async () => {
  const made = ["a", "b", "c"].map((text) => encoder.encode(text));
  async function* render() {
    for (const part of made) yield await Promise.resolve(part);
  }
  const clock = new FakeClock();
  const budget = new Budget(scrapeBudgets.strangers);
  const scrapes = new Scrapes(render, budget, clock, new RecordedLog());
  const [slow, slower] = [scrapes.read("identity"), scrapes.read("identity")]
    .map((each) => each[Symbol.asyncIterator]());
  await slow?.next();
  await slow?.next();
  await slower?.next();
  await settle(20);
  clock.advance(60_000);
  deepEqual([made.map(({ length }) => length), budget.used], [[1, 1, 0], 0]);
  await rejects(slow?.next() ?? Promise.resolve());
  await rejects(slower?.next() ?? Promise.resolve());
});

Deno.test("a reader that waits for a scrape that is cut off hears of it", async () => {
  const { scrapes, clock, step, counts } = setUp();
  const waiting = scrapes.read("identity")[Symbol.asyncIterator]().next();
  const heard = rejects(waiting, /not read within 60 s/);
  clock.advance(60_000);
  await heard;
  const next = scrapes.read("identity")[Symbol.asyncIterator]();
  equal(counts.begun, 2);
  await step();
  await step();
  equal(new TextDecoder().decode((await next.next()).value), "a2");
  await next.return?.();
  await step();
});

const isCut = /not read before others needed its room/;

/** A reader, and what it has read so far. */
function reader(scrapes: Scrapes) {
  const parts = scrapes.read("identity")[Symbol.asyncIterator]();
  return {
    read: async () => new TextDecoder().decode((await parts.next()).value),
    leave: async () => await parts.return?.(),
  };
}

Deno.test("when slow readers hold too much, those of the largest are cut off, of equals the oldest", async () => {
  const { scrapes, step, clock, log, budget } = setUp(13);
  const slow = reader(scrapes);
  for (let i = 0; i < 3; i++) await step();
  const second = reader(scrapes);
  for (let i = 0; i < 3; i++) await step();
  deepEqual([scrapes.size, budget.used, budget.refused], [2, 12, 0]);
  const third = reader(scrapes);
  await step();
  deepEqual([scrapes.size, budget.used, budget.refused], [2, 8, 1]);
  await rejects(slow.read(), isCut);
  equal(await second.read(), "a2");
  equal(await third.read(), "a3");
  deepEqual(log.lines, [
    "warn metrics-scrape-cut reason=a scrape was not read before others needed its room",
  ]);
  await second.leave();
  await third.leave();
  await step();
  deepEqual([clock.pending, budget.used], [0, 0]);
});

Deno.test("without room only the slowest of those who read the same is cut off", async () => {
  const { scrapes, step, budget, counts } = setUp(5);
  const [slow, fast] = [reader(scrapes), reader(scrapes)];
  await step();
  await step();
  deepEqual([await fast.read(), await fast.read(), await slow.read()], ["a1", "b1", "a1"]);
  await step();
  deepEqual([budget.used, budget.refused], [4, 1]);
  await rejects(slow.read(), isCut);
  deepEqual([await fast.read(), await fast.read()], ["c1", ""]);
  deepEqual([budget.used, scrapes.size, counts], [0, 0, { begun: 1, ended: 1 }]);
});

Deno.test("a scrape larger than the room goes to who keeps pace, and is shared no more", async () => {
  const { scrapes, step, budget, counts } = setUp(3);
  const first = reader(scrapes);
  await step();
  equal(await first.read(), "a1");
  const waiting = first.read();
  await step();
  deepEqual([await waiting, budget.used, budget.refused], ["b1", 2, 0]);
  const late = reader(scrapes);
  equal(counts.begun, 2);
  const end = first.read();
  await step();
  equal(await end, "c1");
  equal(await first.read(), "");
  equal(budget.used, 0);
  await late.leave();
  await step();
});

Deno.test("a scrape larger than the room is cut off if it is not read", async () => {
  const { scrapes, step, budget, clock, counts } = setUp(3);
  const slow = reader(scrapes);
  await step();
  await step();
  await rejects(slow.read(), isCut);
  await settle(20);
  deepEqual([budget.used, budget.refused, scrapes.size, clock.pending], [0, 1, 0, 0]);
  deepEqual(counts, { begun: 1, ended: 1 });
});

Deno.test("a piece that is larger than all the room ends its scrape, and harms no other", async () => {
  const { scrapes, step, budget, counts } = setUp(1);
  const waiting = reader(scrapes).read();
  const heard = rejects(waiting, isCut);
  await step();
  await heard;
  deepEqual([budget.used, scrapes.size, counts], [0, 0, { begun: 1, ended: 1 }]);
});

Deno.test("what all have read of a scrape that is complete is not kept", async () => {
  const { scrapes, step, budget } = setUp();
  const [slow, fast] = [reader(scrapes), reader(scrapes)];
  for (let i = 0; i < 2; i++) await step();
  for (let i = 0; i < 2; i++) await fast.read();
  await slow.read();
  equal(budget.used, 4);
  await step();
  equal(budget.used, 6);
  await slow.read();
  equal(budget.used, 4);
  await slow.leave();
  equal(budget.used, 4);
  await fast.read();
  equal(budget.used, 2);
  await fast.leave();
  equal(budget.used, 0);
});

Deno.test("a scrape that cannot be made fails for all who read it, and is made anew", async () => {
  let begun = 0;
  async function* render() {
    begun++;
    yield await Promise.resolve(encoder.encode("a"));
    throw new Error("a defect");
  }
  const clock = new FakeClock();
  const budget = new Budget(scrapeBudgets.strangers);
  const scrapes = new Scrapes(render, budget, clock, new RecordedLog());
  const readers = [scrapes.read("identity"), scrapes.read("identity")];
  for (const each of readers) await rejects(textOf(each), /a defect/);
  await rejects(textOf(scrapes.read("identity")), /a defect/);
  deepEqual([begun, scrapes.size, clock.pending, budget.used], [2, 0, 0, 0]);
});
