import { deepEqual, equal, match } from "node:assert/strict";
import { runMaglevd } from "../../lib/daemon/mod.ts";

/** What comes of these arguments, and what is said to standard output and error. */
async function ran(args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const { log, error } = console;
  console.log = (text: string) => void out.push(text);
  console.error = (text: string) => void err.push(text);
  try {
    return { code: await runMaglevd(args), out: out.join("\n"), err: err.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("an error that nobody expected is a fault, and no broken configuration", async () => {
  const { code, err } = await ran(JSON.parse("[null]"));
  equal(code, 4);
  match(err, /^maglevd: TypeError: .*\n +at /);
});

Deno.test("who asks for the version or for help has it on standard output", async () => {
  const version = await ran(["--version"]);
  deepEqual([version.code, version.err], [0, ""]);
  match(version.out, /^maglevd /);
  const help = await ran(["--help"]);
  deepEqual([help.code, help.err], [0, ""]);
  match(help.out, /--config/);
});

Deno.test("what cannot be understood, or is not there, is said on standard error", async () => {
  const wrong = await ran(["--no-such-flag"]);
  deepEqual([wrong.code, wrong.out], [2, ""]);
  match(wrong.err, /^maglevd: .*no-such-flag/);
  const check = await ran(["--check", "--config", "/no/such/file"]);
  deepEqual([check.code, check.out], [1, ""]);
  match(check.err, /\/no\/such\/file/);
});

Deno.test("--check names a group that is not there, as a start would stumble over it", async () => {
  const args = ["--check", "--config", "packaging/minimal.yaml", "--grpc-socket-group"];
  const { code, err } = await ran([...args, "no-such-group"]);
  deepEqual([code, err.split(":")[0]], [2, "--grpc-socket-group"]);
  equal((await ran([...args, "0"])).code, 0);
});

Deno.test("outside of a unit there is nobody to reload", async () => {
  const { code, err } = await ran(["--reload"]);
  equal(code, 2);
  match(err, /^maglevd: --reload is for ExecReload=/);
});
