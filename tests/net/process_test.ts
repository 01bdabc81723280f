import assert from "node:assert/strict";
import { processArguments, replaceProcess } from "../../lib/net/mod.ts";
import { openDescriptors } from "./descriptors.ts";

Deno.test("a process is replaced by another one of the same number, and nothing of it stays", async () => {
  const script = new URL("replaced.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", script, "", "two words", "ü", "long".repeat(4000)];
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
