import { deepEqual, equal, rejects } from "node:assert/strict";
import { H2AbortError } from "../../lib/h2/mod.ts";
import { Scrapes } from "../../lib/metrics/scrapes.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { settle, until } from "../support/until.ts";

const encoder = new TextEncoder();

/** Renders "a", "b", "c", one for each time that `step` is called, and counts. */
function setUp(held?: number) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const counts = { begun: 0, ended: 0 };
  const gates: PromiseWithResolvers<void>[] = [];
  async function* render() {
    counts.begun++;
    try {
      for (const text of ["a", "b", "c"]) {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        yield encoder.encode(`${text}${counts.begun}`);
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
  return { clock, log, counts, step, scrapes: new Scrapes(render, clock, log, held) };
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

Deno.test("when slow readers hold too much, the oldest is cut off for the newest", async () => {
  const { scrapes, step, clock, log } = setUp(13);
  const slow = scrapes.read("identity")[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) await step();
  const second = scrapes.read("identity")[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) await step();
  equal(scrapes.size, 2);
  const third = scrapes.read("identity")[Symbol.asyncIterator]();
  await step();
  equal(scrapes.size, 2);
  await rejects(slow.next(), /not read before others needed its room/);
  equal(new TextDecoder().decode((await second.next()).value), "a2");
  equal(new TextDecoder().decode((await third.next()).value), "a3");
  deepEqual(log.lines, [
    "warn metrics-scrape-cut reason=a scrape was not read before others needed its room",
  ]);
  await second.return?.();
  await third.return?.();
  await step();
  equal(clock.pending, 0);
});

Deno.test("one scrape may be larger than what may be held", async () => {
  const { scrapes, step } = setUp(1);
  const text = textOf(scrapes.read("identity"));
  for (let i = 0; i < 3; i++) await step();
  equal(await text, "a1b1c1");
});

Deno.test("a scrape that cannot be made fails for all who read it, and is made anew", async () => {
  let begun = 0;
  async function* render() {
    begun++;
    yield await Promise.resolve(encoder.encode("a"));
    throw new Error("a defect");
  }
  const clock = new FakeClock();
  const scrapes = new Scrapes(render, clock, new RecordedLog());
  const readers = [scrapes.read("identity"), scrapes.read("identity")];
  for (const each of readers) await rejects(textOf(each), /a defect/);
  await rejects(textOf(scrapes.read("identity")), /a defect/);
  deepEqual([begun, scrapes.size, clock.pending], [2, 0, 0]);
});
