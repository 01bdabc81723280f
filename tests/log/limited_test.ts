import { deepEqual, equal } from "node:assert/strict";
import { LimitedLog, type LogRate } from "../../lib/log/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";

function setUp(rateOf?: (msg: string) => LogRate | undefined, log = new RecordedLog()) {
  const clock = new FakeClock();
  return { log, clock, limited: new LimitedLog(log, clock, rateOf) };
}

Deno.test("the first five of a minute are told, the others as a number at the end of one", () => {
  const { log, clock, limited } = setUp();
  for (let i = 0; i < 9; i++) limited.warn("too-much", { i });
  limited.error("other", {});
  clock.advance(59_999);
  deepEqual(log.lines.slice(5), ["error other"]);
  limited.warn("too-much", { i: 9 });
  clock.advance(1);
  deepEqual(log.lines.slice(6), [
    "warn log-limited record=too-much suppressed=5 within-seconds=60 i=9",
  ]);
  limited.warn("too-much", { i: 10 });
  deepEqual(log.lines.slice(7), ["warn too-much i=10"]);
  deepEqual(log.lines.slice(0, 5), [0, 1, 2, 3, 4].map((i) => `warn too-much i=${i}`));
  clock.advance(60_000);
  deepEqual([log.lines.length, clock.pending], [8, 0], "nothing is left to tell");
});

Deno.test("a hundred thousand records are told as five, and a number each minute", () => {
  const { log, clock, limited } = setUp(() => ({ burst: 5, windowMs: 600_000 }));
  for (let i = 0; i < 100_000; i++) {
    limited.info("flood", {});
    clock.advance(3);
  }
  deepEqual(log.lines.length, 5 + 4);
  limited[Symbol.dispose]();
  const told = log.named("log-limited").map(({ suppressed }) => Number(suppressed));
  equal(told.length, 5);
  equal(told.reduce((sum, each) => sum + each, 5), 100_000, "none is left out of the count");
  equal(clock.pending, 0);
});

Deno.test("what is left out is told when the log is closed, once", () => {
  const { log, clock, limited } = setUp();
  for (let i = 0; i < 7; i++) limited.info("too-much", { i });
  limited[Symbol.dispose]();
  limited[Symbol.dispose]();
  deepEqual(log.lines.slice(5), [
    "info log-limited record=too-much suppressed=2 within-seconds=60 i=6",
  ]);
  equal(clock.pending, 0);
});

Deno.test("each kind has its own rate, and some have none", () => {
  const flap: LogRate = { burst: 2, windowMs: 600_000, by: ({ backend }) => String(backend) };
  const { log, clock, limited } = setUp((msg) => msg === "transition" ? flap : undefined);
  for (let i = 0; i < 3; i++) {
    limited.info("transition", { backend: "a" });
    limited.info("transition", { backend: "b" });
    limited.info("free", {});
  }
  deepEqual(log.named("transition"), ["a", "b", "a", "b"].map((backend) => ({ backend })));
  equal(log.named("free").length, 3);
  clock.advance(60_000);
  deepEqual(
    log.named("log-limited"),
    ["a", "b"].map((backend) => ({
      record: "transition",
      suppressed: 1,
      "within-seconds": 60,
      backend,
    })),
  );
  limited.info("transition", { backend: "a" });
  equal(log.named("transition").length, 4, "the window of ten minutes lasts");
  clock.advance(539_999);
  limited.info("transition", { backend: "a" });
  equal(log.named("transition").length, 4);
  clock.advance(1);
  limited.info("transition", { backend: "a" });
  equal(log.named("transition").length, 5);
  limited[Symbol.dispose]();
});

Deno.test("what was left out of a window that is over is told before the next begins", () => {
  const { log, clock, limited } = setUp(() => ({ burst: 1, windowMs: 10_000 }));
  for (let i = 0; i < 3; i++) limited.warn("too-much", { i });
  clock.advance(10_000);
  limited.warn("too-much", { i: 3 });
  deepEqual(log.lines, [
    "warn too-much i=0",
    "warn log-limited record=too-much suppressed=2 within-seconds=60 i=2",
    "warn too-much i=3",
  ]);
  clock.advance(60_000);
  equal(log.lines.length, 3);
});

Deno.test("a name that differs each time costs the oldest its count, and no more memory", () => {
  const { log, limited } = setUp(() => ({ burst: 1, windowMs: 1000, by: ({ name }) => `${name}` }));
  for (let i = 0; i < 2; i++) limited.info("named", { name: "first" });
  for (let i = 0; i < 4095; i++) limited.info("named", { name: i });
  equal(limited.kinds, 4096);
  deepEqual(log.named("log-limited"), []);
  limited.info("named", { name: "one more" });
  equal(limited.kinds, 4096);
  deepEqual(log.named("log-limited").map(({ name }) => name), ["first"]);
  limited.info("named", { name: "first" });
  equal(log.named("named").length, 4096 + 2);
  limited[Symbol.dispose]();
});

Deno.test("kinds whose window is over are forgotten with the next summary", () => {
  const { clock, limited } = setUp(() => ({ burst: 1, windowMs: 60_000 }));
  limited.info("a");
  clock.advance(1);
  for (let i = 0; i < 2; i++) limited.info("b");
  clock.advance(59_999);
  equal(limited.kinds, 2);
  clock.advance(1);
  equal(limited.kinds, 0);
});

Deno.test("debug records all pass, and the level is that of the log behind", () => {
  const { log, limited } = setUp(undefined, new RecordedLog("info"));
  deepEqual([limited.enabled("debug"), limited.enabled("info")], [false, true]);
  const all = setUp();
  for (let i = 0; i < 20; i++) all.limited.debug("each", { i });
  equal(all.log.lines.length, 20);
  limited.debug("each");
  equal(log.lines.length, 0);
});
