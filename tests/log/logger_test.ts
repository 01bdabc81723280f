import { deepEqual, equal, ok } from "node:assert/strict";
import { createLogger, logLevels, parseLogLevel, silentLogger } from "../../lib/log/mod.ts";
import type { LogLevel, LogRecord } from "../../lib/log/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** A sink whose reader can be stopped, resumed and closed. */
class FakeSink {
  text = "";
  writes = 0;
  failure: Error | undefined;
  #stopped: Promise<void> | undefined;
  resume = () => {};

  stop(): void {
    this.#stopped = new Promise((resolve) => {
      this.resume = () => {
        this.#stopped = undefined;
        resolve();
      };
    });
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.writes++;
    await this.#stopped;
    if (this.failure) throw this.failure;
    const taken = Math.min(bytes.length, 1000);
    this.text += new TextDecoder().decode(bytes.subarray(0, taken));
    return taken;
  }

  get messages(): string[] {
    return this.text.trimEnd().split("\n").filter((line) => line).map((line) =>
      JSON.parse(line).msg
    );
  }
}

function fixture(level: LogLevel = "info", queued = 1 << 20) {
  const sink = new FakeSink();
  const clock = new FakeClock();
  const log = createLogger({ level, sink, clock, limits: { queued, batch: 4096 } });
  return { sink, clock, log };
}

Deno.test("records below the daemon's level are not written", async () => {
  const { sink, clock, log } = fixture("warn");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  await log.flush(1000);
  equal(clock.pending, 0);
  deepEqual(sink.messages, ["c", "d"]);
  ok(!log.enabled("info"));
  ok(log.enabled("warn"));
});

Deno.test("a subscriber has a level of its own, and stops hearing when it unsubscribes", async () => {
  const { sink, log } = fixture("warn");
  const heard: string[] = [];
  const stop = log.subscribe("debug", (record: LogRecord) => void heard.push(record.msg));
  ok(log.enabled("debug"));
  log.debug("probe-start");
  stop();
  log.debug("probe-done");
  await log.flush(1000);
  deepEqual(heard, ["probe-start"]);
  deepEqual(sink.messages, []);
  ok(!log.enabled("debug"));
});

Deno.test("who goes on listening hears all that it heard before when another stops", () => {
  const { log } = fixture("warn");
  const heard: string[] = [];
  const stop = log.subscribe("debug", () => {});
  log.subscribe("info", ({ msg }) => void heard.push(msg));
  stop();
  log.info("probe-done");
  deepEqual(heard, ["probe-done"]);
});

Deno.test("a subscriber that logs is not told its own records", () => {
  const { log } = fixture();
  const heard: string[] = [];
  log.subscribe("info", (record) => {
    heard.push(record.msg);
    log.info("echo");
  });
  log.info("first");
  deepEqual(heard, ["first"]);
  log.info("second");
  deepEqual(heard, ["first", "second"]);
});

Deno.test("a subscriber that throws is removed and the log says so", async () => {
  const { sink, log } = fixture();
  log.subscribe("info", () => {
    throw new Error("no");
  });
  log.info("one");
  log.info("two");
  await log.flush(1000);
  deepEqual(sink.messages, ["one", "log-subscriber-failed", "two"]);
});

Deno.test("a stopped reader costs bounded memory; the gap is counted and reported in its place", async () => {
  const { sink, log } = fixture("info", 10_000);
  sink.stop();
  for (let i = 0; i < 1000; i++) log.info(`record-${i}`);
  ok(log.dropped > 800, `${log.dropped} dropped`);
  const kept = 1000 - log.dropped;
  sink.resume();
  await log.flush(1000);
  equal(sink.messages.length, kept + 1);
  equal(sink.messages.at(-1), "log-dropped");
  equal(JSON.parse(sink.text.trimEnd().split("\n").at(-1) ?? "").count, log.dropped);
  log.info("after");
  await log.flush(1000);
  equal(sink.messages.at(-1), "after");
});

Deno.test("records that wait for the sink go out together", async () => {
  const { sink, log } = fixture();
  for (let i = 0; i < 20; i++) log.info("small");
  await log.flush(1000);
  equal(sink.messages.length, 20);
  ok(sink.writes <= 4, `${sink.writes} writes`);
});

Deno.test("when the reader is gone the log goes quiet and the program goes on", async () => {
  const failures = [
    new Deno.errors.BrokenPipe("Broken pipe"),
    new Deno.errors.BadResource("Bad resource ID"),
    ...["EPIPE", "EBADF"].map((code) => Object.assign(new Error("write"), { code })),
  ];
  for (const failure of failures) {
    const { sink, log } = fixture();
    sink.failure = failure;
    log.info("one");
    log.info("two");
    await log.flush(1000);
    log.info("three");
    equal(log.dropped, 3);
    equal(sink.writes, 1);
  }
});

Deno.test("after a failed write the log goes on and reports what was lost", async () => {
  const { sink, log } = fixture();
  sink.failure = new Error("No space left on device (os error 28)");
  log.info("lost");
  await log.flush(1000);
  sink.failure = undefined;
  log.info("kept");
  await log.flush(1000);
  deepEqual(sink.messages, ["kept", "log-dropped"]);
});

Deno.test("a flush gives up after its limit", async () => {
  const { sink, clock, log } = fixture();
  sink.stop();
  log.info("stuck");
  let done = false;
  const flush = log.flush(500).then(() => done = true);
  await clock.advanceAsync(499);
  equal(done, false);
  await clock.advanceAsync(1);
  await flush;
  sink.resume();
});

Deno.test("level names are exact", () => {
  equal(parseLogLevel("debug"), "debug");
  equal(parseLogLevel("INFO"), "info");
  equal(parseLogLevel("Warn"), "warn");
  equal(parseLogLevel("warning"), undefined);
  equal(parseLogLevel(""), undefined);
  equal(parseLogLevel("trace"), undefined);
});

Deno.test("it is told when somebody begins to read a level, and when nobody does any more", () => {
  const log = createLogger({ level: "info", sink: new FakeSink(), clock: new FakeClock() });
  const told: string[] = [];
  const end = log.onEnabled("debug", (enabled) => told.push(`debug ${enabled}`));
  log.onEnabled("info", (enabled) => told.push(`info ${enabled}`));
  const stops = [log.subscribe("warn", () => {}), log.subscribe("debug", () => {})];
  deepEqual([told, log.enabled("debug")], [["debug true"], true]);
  stops.push(log.subscribe("debug", () => {}));
  for (const stop of stops) stop();
  deepEqual([told, log.enabled("debug")], [["debug true", "debug false"], false]);
  end();
  log.subscribe("debug", () => {});
  deepEqual(told, ["debug true", "debug false"]);
});

Deno.test("a log that nobody reads has no level", () => {
  deepEqual(logLevels.filter(silentLogger.enabled), []);
});
