import assert from "node:assert/strict";
import { getPriority } from "node:os";
import { startParserWorker, WorkerParser } from "../../lib/config/loader.ts";
import { ConfigLoader, formatOutcome, loadConfig } from "../../lib/config/mod.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { inDirectory } from "./support/fixtures.ts";
import { bigFile } from "./support/valid.ts";

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
    using loader = new ConfigLoader(systemClock);
    assert.ok(!niceness().includes(lower));
    assert.equal((await loader.load(path)).kind, "valid");
    assert.ok(niceness().includes(lower), `${niceness()}`);
    assert.equal(getPriority(Deno.pid), own, "all others stay as they were");
  });
});

Deno.test("a file that cannot be read is a parse problem with the system's reason", async () => {
  await inDirectory(async (directory) => {
    const missing = `${directory}/none.yaml`;
    using loader = new ConfigLoader(systemClock);
    for (const load of [loadConfig, loader.load.bind(loader)]) {
      const outcome = await load(missing);
      const absent = formatOutcome(outcome);
      assert.match(absent, /none\.yaml: cannot be read: No such file or directory/);
      assert.match(absent, /: 1 parse error$/);
      assert.ok(outcome.kind === "invalid");
      assert.deepEqual(outcome.problems.map(({ line, column }) => [line, column]), [[0, 0]]);
      assert.match(formatOutcome(await load(directory)), /: cannot be read: .*directory/);
    }
  });
});

Deno.test("a file beyond all measure is not even read", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/huge.yaml`;
    await Deno.writeTextFile(path, "");
    await Deno.truncate(path, 9 * 1024 * 1024);
    const shown = formatOutcome(await loadConfig(path));
    assert.match(shown, /huge\.yaml: is larger than 8388608 bytes: 9437184\n/);
  });
});

Deno.test("a file without end and a pipe without a writer are refused", async () => {
  await inDirectory(async (directory) => {
    const endless = formatOutcome(await loadConfig("/dev/zero"));
    assert.match(endless, /^\/dev\/zero: is larger than 8388608 bytes, or without end\n/);
    const pipe = `${directory}/pipe.yaml`;
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    assert.match(formatOutcome(await loadConfig(pipe)), /pipe\.yaml: is a pipe, not a file\n/);
  });
});

Deno.test("a pipe that is the process's own is read, as a shell's <(…) is", async () => {
  const module = new URL("../../lib/config/mod.ts", import.meta.url).href;
  const code = `import { formatOutcome, loadConfig } from ${JSON.stringify(module)};
    console.log(formatOutcome(await loadConfig("/dev/stdin")));`;
  const child = new Deno.Command("sh", {
    args: ["-c", 'echo "maglev: 1" | "$0" eval --quiet "$1"', Deno.execPath(), code],
    env: { NO_COLOR: "1" },
  });
  const { stdout } = await child.output();
  assert.match(new TextDecoder().decode(stdout), /^\/dev\/stdin:1:9: maglev: expected a mapping/);
});

Deno.test("a file loaded in the background gives what it gives directly", async () => {
  await inDirectory(async (directory) => {
    const big = bigFile(400, 60);
    const texts: Record<string, string> = {
      small: bigFile(2, 1),
      big,
      warned: big.replaceAll(/weight: \d+/g, "weight: 0"),
      semantic: big.replaceAll("healthcheck: web", "healthcheck: wbe"),
      parse: big.replaceAll("port:", "prot:"),
      syntax: big.replace("frontends:", '"frontends:'),
    };
    using loader = new ConfigLoader(systemClock);
    for (const [name, text] of Object.entries(texts)) {
      const path = `${directory}/${name}.yaml`;
      await Deno.writeTextFile(path, text);
      assert.deepEqual(await loader.load(path), await loadConfig(path), name);
    }
  });
});

Deno.test("a file of up to 8 KiB is parsed without a worker", async () => {
  const { Worker } = globalThis;
  globalThis.Worker = new Proxy(Worker, {
    construct() {
      throw new Error("no worker is to be had");
    },
  });
  try {
    await inDirectory(async (directory) => {
      const path = `${directory}/some.yaml`;
      using loader = new ConfigLoader(systemClock);
      const load = async (octets: number) => {
        await Deno.writeTextFile(path, bigFile(2, 1).padEnd(octets, "#"));
        return formatOutcome(await loader.load(path));
      };
      assert.match(await load(8192), /: valid: /);
      assert.match(await load(8193), /: the worker failed: no worker is to be had\n/);
    });
  } finally {
    globalThis.Worker = Worker;
  }
});

Deno.test("a big file is parsed once for as long as it says the same, in whatever file", async () => {
  await inDirectory(async (directory) => {
    const [path, other] = [`${directory}/big.yaml`, `${directory}/other.yaml`];
    const big = bigFile(400, 60);
    const changed = big.replace("weight: 1", "weight: 2");
    const broken = big.replaceAll("port:", "prot:");
    assert.ok(big !== changed && big !== broken);
    using loader = new ConfigLoader(systemClock);
    const load = async (at: string, text: string) => {
      await Deno.writeTextFile(at, text);
      const outcome = await loader.load(at);
      assert.deepEqual(outcome, await loadConfig(at));
      return outcome;
    };
    const first = await load(path, big);
    assert.ok(await load(path, big) === first, "nothing has changed");
    assert.ok(await load(other, big) !== first, "problems name the file");
    const second = await load(path, changed);
    assert.ok(second !== first && await load(path, changed) === second);
    const refused = await load(path, broken);
    assert.ok(await load(path, broken) !== refused, "it may be the worker");
    assert.ok(await load(path, changed) === second);
  });
});

Deno.test("a file that was changed a moment ago is read again, one that was not is not", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/big.yaml`;
    await Deno.writeTextFile(path, bigFile(400, 60));
    const { mtime } = await Deno.stat(path);
    const changed = mtime?.getTime() ?? 0;
    const clock = new FakeClock();
    using loader = new ConfigLoader(clock);
    const { open } = Deno;
    let reads = 0;
    Deno.open = (...args) => {
      reads++;
      return open(...args);
    };
    try {
      const first = await loader.load(path);
      for (const [later, expected] of [[0, 2], [1_999, 3], [2_000, 4], [2_000, 4], [9_000, 4]]) {
        clock.wall = () => changed + (later ?? 0);
        assert.equal(await loader.load(path), first);
        assert.equal(reads, expected, `${later} ms after it was changed`);
      }
      await Deno.remove(path);
      assert.equal((await loader.load(path)).kind, "invalid");
    } finally {
      Deno.open = open;
    }
  });
});

Deno.test("other work goes on while a big file is loaded in the background", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/big.yaml`;
    await Deno.writeTextFile(path, bigFile(2000, 200));
    let turns = 0;
    let timer = setTimeout(function turn() {
      turns++;
      timer = setTimeout(turn);
    });
    using loader = new ConfigLoader(systemClock);
    const outcome = await loader.load(path);
    clearTimeout(timer);
    assert.equal(outcome.kind, "valid");
    // One turn for each of its slices is the least; a blocking load would have two or three.
    assert.ok(turns > 20, `${turns} turns of the event loop`);
  });
});

Deno.test("several background loads at a time do not mix", async () => {
  await inDirectory(async (directory) => {
    const sizes = [300, 400, 500];
    using loader = new ConfigLoader(systemClock);
    const loads = sizes.map(async (size) => {
      const path = `${directory}/${size}.yaml`;
      await Deno.writeTextFile(path, bigFile(size, 1));
      const outcome = await loader.load(path);
      return outcome.kind === "valid" ? outcome.config.backends.size : formatOutcome(outcome);
    });
    assert.deepEqual(await Promise.all(loads), sizes);
  });
});

Deno.test("a loader that is stopped fails what it was loading, and what comes after", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/big.yaml`;
    await Deno.writeTextFile(path, bigFile(500, 1));
    const loader = new ConfigLoader(systemClock);
    await loader.load(path);
    await Deno.writeTextFile(path, bigFile(501, 1));
    const late = [loader.load(path), loader.load(path)];
    loader[Symbol.dispose]();
    late.push(loader.load(path));
    for (const outcome of await Promise.all(late)) {
      assert.match(
        formatOutcome(outcome),
        /cannot be parsed: the worker failed: it has been stopped\n/,
      );
    }
  });
});

Deno.test("bundled to one file, the worker still works and starts no second program", async () => {
  await inDirectory(async (directory) => {
    const entry = new URL("./support/bundle_entry.ts", import.meta.url).pathname;
    const big = `${directory}/big.yaml`;
    await Deno.writeTextFile(big, bigFile(500, 50));
    const small = `${directory}/small.yaml`;
    await Deno.writeTextFile(small, bigFile(2, 1));
    await run(["bundle", "--quiet", "--minify", "--output", `${directory}/one.js`, entry]);
    const shown = await run([
      "run",
      "--allow-all",
      "--no-config",
      `${directory}/one.js`,
      big,
      small,
    ]);
    assert.equal(
      shown,
      `main started\n${big}: valid: 50 frontends, 500 backends, 1 health check\n` +
        `${small}: valid: 1 frontend, 2 backends, 1 health check\n`,
    );
  });
});

/** Runs this Deno and returns its standard output. */
async function run(args: string[]): Promise<string> {
  const output = await new Deno.Command(Deno.execPath(), { args }).output();
  const decoder = new TextDecoder();
  assert.ok(output.success, decoder.decode(output.stderr));
  return decoder.decode(output.stdout);
}

Deno.test("a big outcome comes in slices, each asked for", async () => {
  const asked: string[] = [];
  using parser = new WorkerParser(systemClock, () => {
    const worker = startParserWorker();
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: { kind: string }, ...more: unknown[]) => {
      asked.push(message.kind);
      post(message, ...more as [Transferable[]]);
    };
    return worker;
  });
  const bytes = new TextEncoder().encode(bigFile(382, 0));
  assert.match(formatOutcome(await parser.parse(bytes, "f")), /^f: valid: /m);
  // The general part with its warnings, one check, and 382 backends: just three times 128, and an
  // empty one that says so.
  assert.deepEqual(asked, ["parse", "more", "more", "more"]);
});

/** Works until it is terminated, on the first question that it is asked. */
function hangingWorker(terminated: () => void): Worker {
  const code = "onmessage = () => { for (;;); };";
  const worker = new Worker(`data:text/javascript,${code}`, { type: "module" });
  const terminate = worker.terminate.bind(worker);
  worker.terminate = () => {
    terminated();
    terminate();
  };
  return worker;
}

Deno.test("a worker that hangs is stopped after 30 s, and the next file gets another", async () => {
  const clock = new FakeClock();
  const workers = { hanging: 0, sound: 0, terminated: 0 };
  using parser = new WorkerParser(clock, () => {
    if (workers.hanging > 0) {
      workers.sound++;
      return startParserWorker();
    }
    workers.hanging++;
    return hangingWorker(() => void workers.terminated++);
  });
  const parse = (file: string) => parser.parse(new TextEncoder().encode(bigFile(3, 1)), file);
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
  using parser = new WorkerParser(clock, () => {
    if (made++ > 0) return startParserWorker();
    return new Worker(`data:text/javascript,throw new Error("no room")`, { type: "module" });
  });
  const parse = async () =>
    formatOutcome(await parser.parse(new TextEncoder().encode(bigFile(2, 1)), "f"));
  assert.match(await parse(), /^f: cannot be parsed: the worker failed: .*no room\n/);
  assert.equal(await parse(), "f: valid: 1 frontend, 2 backends, 1 health check");
  assert.deepEqual([made, clock.pending], [2, 0]);
});
