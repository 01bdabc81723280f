import assert from "node:assert/strict";
import { completeWords } from "../../../lib/cli/shell/completion.ts";
import { completionScript } from "../../../lib/cli/commands/local.ts";
import { havePrograms, needing } from "../../support/programs.ts";

const haveBash = havePrograms("bash");

/** What the script asks `maglevc __complete` for, joined with +, and what it makes of the answer. */
async function ask(line: string, words: readonly string[], answer: string): Promise<string[]> {
  const command = completionScript("bash");
  assert.equal(command.kind, "local");
  const script = `${command.kind === "local" ? (await command.run()).text({} as never) : ""}
maglevc() { shift; local IFS=+; echo "$*" >&3; echo "$ANSWER"; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_POINT=\${#COMP_LINE}
_maglevc 3>&1
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await new Deno.Command("bash", {
    args: ["-c", script, "bash", ...words],
    env: { COMP_LINE: line, ANSWER: answer },
  }).output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

function bashTest(name: string, run: () => Promise<void>): void {
  Deno.test(needing(haveBash, "bash", name), run);
}

bashTest("bash completion puts together what bash takes apart at : and =", async () => {
  assert.deepEqual(
    await ask(
      "maglevc --server 127.0.0.1:9090 show b",
      ["maglevc", "--server", "127.0.0.1", ":", "9090", "show", "b"],
      "backends\tAll backends",
    ),
    ["--server+127.0.0.1:9090+show+b", "backends"],
  );
  assert.deepEqual(
    await ask(
      "maglevc --server=[::1]:9090  show ",
      ["maglevc", "--server", "=", "[", "::", "1]", ":", "9090", "show", ""],
      "backends",
    ),
    ["--server=[::1]:9090+show+", "backends"],
  );
});

bashTest("bash completion gives of a name with a colon only what bash replaces", async () => {
  assert.deepEqual(
    await ask(
      "maglevc show backends web:8",
      ["maglevc", "show", "backends", "web", ":", "8"],
      "web:8080",
    ),
    ["show+backends+web:8", "8080"],
  );
  assert.deepEqual(
    await ask(
      "maglevc show backends web:",
      ["maglevc", "show", "backends", "web", ":"],
      "web:8080",
    ),
    ["show+backends+web:", "8080"],
  );
});

Deno.test("nothing is completed where a flag is wrong or wants its value", async () => {
  assert.deepEqual(await completeWords(["--server", "local"]), []);
  assert.deepEqual(await completeWords(["--bogus", "show", ""]), []);
  assert.deepEqual(await completeWords(["--server", "no port:x", "show", "backends", ""]), []);
});

Deno.test("a defect is not taken for there being nothing to complete", async () => {
  await assert.rejects(completeWords(JSON.parse('[null, ""]')), TypeError);
});

Deno.test("behind --server the names of servers.yaml are completed, also in a list", async () => {
  const home = await Deno.makeTempDir();
  const before = Deno.env.get("XDG_CONFIG_HOME");
  try {
    await Deno.mkdir(`${home}/maglev`);
    const file = "servers:\n  rtr1: { address: a:1 }\n  rtr2: { address: unix:/b }\n";
    await Deno.writeTextFile(`${home}/maglev/servers.yaml`, file);
    Deno.env.set("XDG_CONFIG_HOME", home);
    assert.deepEqual(await completeWords(["--server", "r"]), ["rtr1\ta:1", "rtr2\tunix:/b"]);
    assert.deepEqual(await completeWords(["-server", "rtr1,rtr2"]), ["rtr1,rtr2\tunix:/b"]);
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CONFIG_HOME");
    else Deno.env.set("XDG_CONFIG_HOME", before);
    await Deno.remove(home, { recursive: true });
  }
});
