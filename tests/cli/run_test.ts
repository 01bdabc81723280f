import assert from "node:assert/strict";
import { runMaglevc } from "../../lib/cli/run.ts";

/** What comes of these arguments where no maglevd is asked. */
async function ran(...args: readonly string[]) {
  const { log, error } = console;
  const [out, err]: string[][] = [[], []];
  console.log = (text: string) => void out?.push(text);
  console.error = (text: string) => void err?.push(text);
  try {
    return { code: await runMaglevc(args), out: out?.join("\n") ?? "", err: err?.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("who asks for the version or for help has it, and what cannot be understood is said", async () => {
  const version = await ran("--version");
  assert.deepEqual([version.code, version.err], [0, ""]);
  assert.match(version.out, /^maglevc /);
  const help = await ran("--help");
  assert.deepEqual([help.code, help.err], [0, ""]);
  assert.match(help.out, /^usage: maglevc/m);
  const wrong = await ran("--no-such-flag");
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err ?? "", /^error: .*no-such-flag/);
});

Deno.test("standard input that cannot be read is said in one line", async () => {
  const program = new URL("../../cli.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'exec "$0" run -A "$1" --server localhost:1 < /', Deno.execPath(), program],
    stdout: "null",
  }).output();
  assert.equal(
    new TextDecoder().decode(stderr),
    "error: cannot read the commands: Is a directory (os error 21)\n",
  );
  assert.equal(code, 1);
});
