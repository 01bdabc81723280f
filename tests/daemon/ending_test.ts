import { deepEqual, equal, match, ok } from "node:assert/strict";
import { endAtOnce, guardAgainstStrayErrors, takeDown } from "../../lib/daemon/ending.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { until } from "../support/until.ts";

function fixture() {
  const log = new RecordedLog();
  const clock = new FakeClock();
  const seen = { count: 0, gaveUp: 0 };
  const stop = guardAgainstStrayErrors({
    log,
    clock,
    count: () => seen.count++,
    giveUp: () => seen.gaveUp++,
  });
  return { log, clock, seen, stop };
}

Deno.test("a rejection that nobody waits for is logged with its stack, and life goes on", async () => {
  const { log, seen, stop } = fixture();
  void Promise.reject(new TypeError("lost"));
  await until(() => seen.count === 1);
  stop();
  match(
    log.lines[0] ?? "",
    /^error unhandled-rejection err=TypeError: lost stack=.*ending_test/s,
  );
  equal(seen.gaveUp, 0);
});

Deno.test("an exception in a callback is logged and life goes on", async () => {
  const { log, seen, stop } = fixture();
  setTimeout(() => {
    throw new RangeError("in a timer");
  }, 0);
  await until(() => seen.count === 1);
  stop();
  match(log.lines[0] ?? "", /^error unhandled-exception err=RangeError: in a timer stack=/);
});

Deno.test("who has stopped listening to errors hears of none", () => {
  const { seen, log, stop } = fixture();
  const promise = Promise.resolve();
  const raise = () => [
    globalThis.dispatchEvent(new ErrorEvent("error", { cancelable: true })),
    globalThis.dispatchEvent(
      new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise }),
    ),
  ];
  deepEqual(raise(), [false, false]);
  stop();
  deepEqual(raise(), [true, true]);
  deepEqual([seen.count, log.lines.length], [2, 2]);
});

Deno.test("twenty errors within a minute are too many, twenty in an hour are not", () => {
  const raise = () =>
    globalThis.dispatchEvent(new ErrorEvent("error", { error: new Error("again") }));
  const { clock, log, seen, stop } = fixture();
  for (let i = 0; i < 40; i++) {
    raise();
    clock.advance(60_000);
  }
  equal(seen.gaveUp, 0);
  for (let i = 0; i < 25; i++) raise();
  stop();
  equal(seen.gaveUp, 1);
  ok(log.lines.includes("error giving-up errors=20 within-seconds=60"));
});

Deno.test("a fatal error ends the process with 4 once it is logged, and when it cannot be", async () => {
  for (const flush of [() => Promise.resolve(), () => Promise.reject(new Error("full"))]) {
    const log = new RecordedLog();
    const order: string[] = [];
    const ended = Promise.withResolvers<number>();
    const noted = {
      error: (msg: string, attributes = {}) => {
        order.push(msg);
        log.error(msg, attributes);
      },
      flush: (limitMs: number) => {
        order.push(`flush ${limitMs}`);
        return flush();
      },
    };
    const manager = { status: (text: string) => void order.push(text) };
    endAtOnce(new Error("cannot leave namespace dp\nat all"), manager, noted, ended.resolve);
    equal(await ended.promise, 4);
    equal(order.join(), "fatal: cannot leave namespace dp (and 1 more),fatal,flush 100");
    equal(log.named("fatal")[0]?.err, "cannot leave namespace dp\nat all");
  }
});

Deno.test("an end in order is told, and so is one that fails or takes too long", async () => {
  const ended = (dispose: () => Promise<void>) => {
    const [log, clock] = [new RecordedLog(), new FakeClock()];
    return { log, clock, ok: takeDown({ [Symbol.asyncDispose]: dispose }, log, clock) };
  };
  const inOrder = ended(() => Promise.resolve());
  equal(await inOrder.ok, true);
  deepEqual([inOrder.log.lines, inOrder.clock.pending], [["info stopped"], 0]);

  const failed = ended(() => Promise.reject(new Error("the disk is gone")));
  equal(await failed.ok, false);
  deepEqual(failed.log.lines, ["error stop-failed err=Error: the disk is gone"]);
  equal(failed.clock.pending, 0);

  const stuck = ended(() => new Promise<void>(() => {}));
  stuck.clock.advance(14_999);
  deepEqual(stuck.log.lines, []);
  stuck.clock.advance(1);
  equal(await stuck.ok, false);
  deepEqual(stuck.log.lines, ["error stop-timeout after-seconds=15"]);
});
