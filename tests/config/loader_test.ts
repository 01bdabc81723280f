import assert from "node:assert/strict";
import { openFileWorker } from "../../lib/access/mod.ts";
import { ConfigLoader, formatOutcome, loadConfig } from "../../lib/config/mod.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { inDirectory } from "./support/fixtures.ts";
import { bigFile } from "./support/valid.ts";

Deno.test("a file that cannot be read is a parse problem with the system's reason", async () => {
  await inDirectory(async (directory) => {
    const missing = `${directory}/none.yaml`;
    using worker = openFileWorker(systemClock);
    const loader = new ConfigLoader(systemClock, worker);
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
    using worker = openFileWorker(systemClock);
    const loader = new ConfigLoader(systemClock, worker);
    for (const [name, text] of Object.entries(texts)) {
      const path = `${directory}/${name}.yaml`;
      await Deno.writeTextFile(path, text);
      assert.deepEqual(await loader.load(path), await loadConfig(path), name);
    }
  });
});

Deno.test("a big file is parsed once for as long as it says the same, in whatever file", async () => {
  await inDirectory(async (directory) => {
    const [path, other] = [`${directory}/big.yaml`, `${directory}/other.yaml`];
    const big = bigFile(400, 60);
    const changed = big.replace("weight: 1", "weight: 2");
    const broken = big.replaceAll("port:", "prot:");
    assert.ok(big !== changed && big !== broken);
    using worker = openFileWorker(systemClock);
    const loader = new ConfigLoader(systemClock, worker);
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
    using worker = openFileWorker(clock);
    const loader = new ConfigLoader(clock, worker);
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
    using worker = openFileWorker(systemClock);
    const loader = new ConfigLoader(systemClock, worker);
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
    using worker = openFileWorker(systemClock);
    const loader = new ConfigLoader(systemClock, worker);
    const loads = sizes.map(async (size) => {
      const path = `${directory}/${size}.yaml`;
      await Deno.writeTextFile(path, bigFile(size, 1));
      const outcome = await loader.load(path);
      return outcome.kind === "valid" ? outcome.config.backends.size : formatOutcome(outcome);
    });
    assert.deepEqual(await Promise.all(loads), sizes);
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
