import assert from "node:assert/strict";
import { getPriority } from "node:os";
import {
  countDescriptors,
  processArguments,
  readKernelFile,
  replaceProcess,
  signalProcess,
} from "../../lib/net/mod.ts";
import { mayComeFirst } from "./support/nice.ts";
import { openDescriptors } from "./support/descriptors.ts";

Deno.test("a process is replaced by another one of the same number, and nothing of it stays", async () => {
  const script = new URL("support/replaced.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", script, "", "two words", "ü", "€".repeat(3000)];
  const { stdout, code } = await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" })
    .output();
  assert.equal(code, 0);
  const [first, second, ...others] = new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(others, []);
  assert.deepEqual(first.args, args.slice(4));
  assert.deepEqual(second, { ...first, mark: "äß = x" });
});

Deno.test("arguments are read to the end, and leave nothing open", () => {
  const before = openDescriptors();
  assert.deepEqual(
    processArguments(),
    Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1),
  );
  assert.equal(openDescriptors(), before);
});

Deno.test("a program that is not there replaces nothing", () => {
  assert.throws(() => replaceProcess("/nowhere/deno", ["deno"], {}), {
    message: "start /nowhere/deno anew: no such file or directory",
    code: "ENOENT",
  });
});

Deno.test("a process gets a signal, and one that is gone is said to be", async () => {
  const child = new Deno.Command("sleep", { args: ["600"] }).spawn();
  signalProcess(child.pid, 0);
  signalProcess(child.pid, 15);
  assert.equal((await child.status).signal, "SIGTERM");
  assert.throws(() => signalProcess(child.pid, 0), {
    message: `signal process ${child.pid}: no such process`,
    code: "ESRCH",
  });
});

Deno.test("a thread gets a nice value, where that is allowed, and it alone", async () => {
  const [door, support] = ["../../lib/net/mod.ts", "support/nice.ts"]
    .map((path) => JSON.stringify(new URL(path, import.meta.url)));
  const code = `import { setThreadNice } from ${door};
    import { niceOfThreads } from ${support};
    try { setThreadNice(-10); } catch ({ message, code }) { console.log(message, code); }
    const [least, next] = niceOfThreads();
    console.log(least, next);`;
  const run = async (...how: string[]) => {
    const { stdout } = await new Deno.Command("prlimit", {
      args: ["--nice=0", ...how, Deno.execPath(), "eval", "--no-lock", code],
      stderr: "inherit",
    }).output();
    return new TextDecoder().decode(stdout);
  };
  const own = getPriority();
  const refused =
    `set the nice value of a thread to -10: permission denied EACCES\n${own} ${own}\n`;
  assert.equal(await run("setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"), refused);
  if (mayComeFirst) assert.equal(await run(), `-10 ${own}\n`);
  else console.log("SKIPPED: a thread that comes first; it needs CAP_SYS_NICE");
});

Deno.test("descriptors are counted without the one for counting", async () => {
  const before = countDescriptors();
  assert.equal(before, openDescriptors() - 1);
  using _file = await Deno.open("/dev/null");
  assert.equal(countDescriptors(), before + 1);
});

Deno.test("a file of the kernel's that is not there is an error with its name", () => {
  assert.throws(() => readKernelFile("/proc/self/nothing"), {
    message: "read /proc/self/nothing: no such file or directory",
  });
  assert.throws(() => readKernelFile("/proc/self"), { code: "EISDIR" });
});

Deno.test("without a descriptor left they cannot be counted, and that is said", async () => {
  const door = new URL("../../lib/net/mod.ts", import.meta.url);
  const code = `import { countDescriptors } from ${JSON.stringify(door)};
    const files = [];
    try { for (;;) files.push(Deno.openSync("/dev/null")); } catch {}
    try { countDescriptors(); } catch (error) { console.log(error.message); }`;
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 256; exec "$0" eval --no-lock "$1"', Deno.execPath(), code],
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "read /proc/self/fd: out of file descriptors\n");
});
