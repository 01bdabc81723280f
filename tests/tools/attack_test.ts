import assert from "node:assert/strict";
import { locked } from "../../tools/programs.ts";

const script = new URL("../../tools/attack.ts", import.meta.url).pathname;

async function attack(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...locked, "--no-check", script, ...args],
  }).output();
  const text = (octets: Uint8Array) => new TextDecoder().decode(octets);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("deno task attack says how it is used, and lists the attacks", async () => {
  const [help, list] = await Promise.all([attack("--help"), attack()]);
  assert.deepEqual([help.code, list.code], [0, 0]);
  assert.match(help.out, /^usage: deno task attack \[NAME \| all/);
  assert.match(list.out, /^idle-metrics +19,500 connections/m);
  assert.match(list.out, /^backends +a zoo/m);
});

Deno.test("what deno task attack does not know it says, without a stack", async () => {
  const cases = [
    [["--sceonds", "1"], /Unknown option '--sceonds'.*\n\nusage: /s],
    [["ping-flood", "one"], /SEED is a number, not "one"/],
    [["ping-flood", "--seconds", "x"], /seconds is a number, not "x"/],
    [["ping-flood", "1", "2"], /"2" is too much/],
    [["png-flood"], /there is no attack "png-flood"; deno task attack lists them/],
    [["figures"], /figures needs --json FILE/],
  ] as const;
  await Promise.all(cases.map(async ([args, message]) => {
    const { code, err } = await attack(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, message);
    assert.doesNotMatch(err, /^\s+at /m);
  }));
});
