import assert from "node:assert/strict";
import { getPriority } from "node:os";
import { openFileWorker } from "../../lib/access/mod.ts";
import { startFileWorker } from "../../lib/access/auth_format.ts";
import {
  configFormat,
  ConfigLoader,
  FileWorker,
  formatOutcome,
  parseConfig,
} from "../../lib/config/mod.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { inDirectory } from "./support/fixtures.ts";
import { bigFile } from "./support/valid.ts";
import { noticed, overheard } from "./support/workers.ts";
import { mayLeaveDescriptors } from "../support/leaks.ts";

/** How much each thread of this process gives way to others (proc(5), field 19 of stat). */
function niceness(): number[] {
  return Array.from(Deno.readDirSync("/proc/self/task"), ({ name }) => {
    const stat = Deno.readTextFileSync(`/proc/self/task/${name}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[17]);
  });
}

Deno.test("the thread that parses gives way to those who probe and steer", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/big.yaml`;
    await Deno.writeTextFile(path, bigFile(500, 50));
    const own = getPriority(Deno.pid);
    const lower = Math.min(19, own + 10);
    using worker = openFileWorker(systemClock);
    const loader = new ConfigLoader(systemClock, worker);
    assert.equal((await loader.load(path)).kind, "valid");
    assert.ok(niceness().includes(lower), `${niceness()}`);
    assert.equal(getPriority(Deno.pid), own, "all others stay as they were");
  });
});

Deno.test("a loader that is stopped fails what it was loading, and what comes after", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/big.yaml`;
    await Deno.writeTextFile(path, bigFile(500, 1));
    const worker = openFileWorker(systemClock);
    const loader = new ConfigLoader(systemClock, worker);
    await loader.load(path);
    await Deno.writeTextFile(path, bigFile(501, 1));
    const late = [loader.load(path), loader.load(path)];
    worker[Symbol.dispose]();
    late.push(loader.load(path));
    for (const outcome of await Promise.all(late)) {
      assert.match(
        formatOutcome(outcome),
        /cannot be parsed: the worker failed: it has been stopped\n/,
      );
    }
  });
});

Deno.test("the worker is made for the first file, kept, and parses small ones too", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/small.yaml`;
    const asked: string[] = [];
    let made = 0;
    using worker = new FileWorker(systemClock, () => {
      made++;
      return overheard(asked);
    });
    assert.equal(made, 0);
    const loader = new ConfigLoader(systemClock, worker);
    for (const [text, outcome] of [["a:", "invalid"], [bigFile(2, 1), "valid"]] as const) {
      await Deno.writeTextFile(path, text);
      assert.equal((await loader.load(path)).kind, outcome);
    }
    assert.deepEqual([made, asked], [1, ["config", "config"]]);
  });
});

Deno.test("thousands of problems come in slices, each asked for", async () => {
  const asked: string[] = [];
  using parser = new FileWorker(systemClock, () => overheard(asked));
  const text = "maglev:\n  backends:\n" +
    Array.from({ length: 255 }, (_, i) => `    b${i}: {}\n`).join("");
  const outcome = await parser.parse(configFormat, new TextEncoder().encode(text), "f");
  assert.deepEqual(outcome, parseConfig(text, "f"));
  const problems = outcome.kind === "invalid" ? outcome.problems.length : 0;
  assert.ok(problems >= 255);
  assert.equal(asked.length, 1 + Math.floor((problems + 1) / 128));
});

Deno.test("a worker that fails between two files is replaced for the next", async () => {
  const workers: Worker[] = [];
  const ended = Promise.withResolvers<void>();
  using parser = new FileWorker(systemClock, () => {
    const worker = noticed(startFileWorker(), ended.resolve);
    workers.push(worker);
    return worker;
  });
  const parse = () => parser.parse(configFormat, new TextEncoder().encode(bigFile(2, 1)), "f");
  assert.equal((await parse()).kind, "valid");
  workers[0]?.dispatchEvent(new ErrorEvent("error", { message: "no room", cancelable: true }));
  await ended.promise;
  assert.deepEqual([(await parse()).kind, workers.length], ["valid", 2]);
});

Deno.test("a big outcome comes in slices, each asked for", async () => {
  const asked: string[] = [];
  using parser = new FileWorker(systemClock, () => overheard(asked));
  const bytes = new TextEncoder().encode(bigFile(382, 0));
  assert.match(formatOutcome(await parser.parse(configFormat, bytes, "f")), /^f: valid: /m);
  // The general part with its warnings, one check, and 382 backends: just three times 128, and an
  // empty one that says so.
  assert.deepEqual(asked, ["config", "more", "more", "more"]);
});

/** Works until it is terminated, on the first question that it is asked. */
function hangingWorker(): Worker {
  const code = "onmessage = () => { for (;;); };";
  return new Worker(`data:text/javascript,${code}`, { type: "module" });
}

Deno.test("a worker that hangs is stopped after 30 s, and the next file gets another", async () => {
  mayLeaveDescriptors(
    "of a worker that is ended while it works the runtime keeps what it had (2.9.6)",
  );
  const clock = new FakeClock();
  const workers = { hanging: 0, sound: 0, terminated: 0 };
  using parser = new FileWorker(clock, () => {
    if (workers.hanging > 0) {
      workers.sound++;
      return startFileWorker();
    }
    workers.hanging++;
    return noticed(hangingWorker(), () => void workers.terminated++);
  });
  const parse = (file: string) =>
    parser.parse(configFormat, new TextEncoder().encode(bigFile(3, 1)), file);
  const outcomes: string[] = [];
  const files = ["first", "second", "third"];
  const parses = files.map(async (file) => void outcomes.push(formatOutcome(await parse(file))));
  await clock.advanceAsync(29_999);
  assert.deepEqual([outcomes, workers], [[], { hanging: 1, sound: 0, terminated: 0 }]);
  await clock.advanceAsync(1);
  await Promise.all(parses);
  assert.equal(
    outcomes.join("\n"),
    "first: cannot be parsed: the worker failed: it did not end within 30 s\n" +
      "first: 1 parse error\n" +
      "second: valid: 1 frontend, 3 backends, 1 health check\n" +
      "third: valid: 1 frontend, 3 backends, 1 health check",
  );
  assert.deepEqual([workers, clock.pending], [{ hanging: 1, sound: 1, terminated: 1 }, 0]);
});

Deno.test("a worker that fails is replaced, and its reason told", async () => {
  const clock = new FakeClock();
  let made = 0;
  using parser = new FileWorker(clock, () => {
    if (made++ > 0) return startFileWorker();
    const code = 'onmessage = () => { throw new Error("no room"); };';
    return new Worker(`data:text/javascript,${code}`, { type: "module" });
  });
  const parse = async () =>
    formatOutcome(await parser.parse(configFormat, new TextEncoder().encode(bigFile(2, 1)), "f"));
  assert.match(await parse(), /^f: cannot be parsed: the worker failed: .*no room\n/);
  assert.equal(await parse(), "f: valid: 1 frontend, 2 backends, 1 health check");
  assert.deepEqual([made, clock.pending], [2, 0]);
});
