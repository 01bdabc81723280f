import { deepEqual, match } from "node:assert/strict";
import { pooled, runDeno } from "../../tools/gate/process.ts";
import { leakFlags } from "../../tools/gate/rooms.ts";
import { root } from "../../tools/programs.ts";

/** What leaves something open that does not end by itself, and how that is told. */
const leaks: readonly (readonly [body: string, told: RegExp])[] = [
  ["setTimeout(() => {}, 600_000);", /leaves open: 1 Timeout/],
  ["Deno.unrefTimer(setTimeout(() => {}, 600_000));", /A timer was started in this test/],
  ["Deno.listen({ port: 0 });", /leaves open: 1 socket/],
  ["net.createServer().listen(0);", /leaves open: .*1 TCPServerWrap/],
  ['Deno.openSync("/dev/zero");', /leaves open: 1 \/dev\/zero/],
  ['fs.openSync("/dev/zero");', /leaves open: 1 \/dev\/zero/],
  ["libc.symbols.eventfd(0, 0);", /leaves open: 1 anon_inode:\[eventfd\]/],
  ["new Worker(silent, { type });", /leaves open: .*anon_inode:\[eventpoll\]/],
  ["new MessageChannel().port1.onmessage = () => {};", /message port/],
];

/** What is over when it ends, or a moment later. */
const tidy = [
  "setTimeout(() => {}, 0);",
  "setTimeout(() => {}, 50);",
  "Deno.listen({ port: 0 }).close();",
  "net.createServer().listen(0).close();",
  "new Worker(silent, { type }).terminate();",
  'await new Deno.Command("true").output();',
];

const preamble = `
  import fs from "node:fs";
  import net from "node:net";
  const type = "module";
  const silent = "data:text/javascript,self.onmessage = () => {};";
  const libc = Deno.dlopen("libc.so.6", {
    eventfd: { parameters: ["i32", "i32"], result: "i32" },
  });
`;

Deno.test("with the gate's flags a test fails that leaves something open, and no other", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-leaks-" });
  const tested = async (name: string, bodies: readonly string[]) => {
    const tests = bodies.map((body) => `Deno.test("it", async () => { ${body} });\n`);
    const path = `${folder}/${name}_test.ts`;
    await Deno.writeTextFile(path, preamble + tests.join(""));
    return await runDeno(["test", "-A", "--no-config", "--no-check", ...leakFlags, path]);
  };
  try {
    const { ok, output } = await tested("tidy", tidy);
    deepEqual({ ok, output: ok ? "" : output }, { ok: true, output: "" });
    const runs = leaks.map(([body, told], n) => async () => {
      const { ok, output } = await tested(`leak_${n}`, [body]);
      deepEqual({ body, ok }, { body, ok: false });
      match(output, told);
    });
    await pooled(runs, runs.length);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tests that are run by hand look for leaks as the gate does", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const flags = leakFlags.map((flag) => flag.replace(root, ""));
  deepEqual(tasks.unit.command.split(" ").slice(-flags.length), flags);
});
