import assert from "node:assert/strict";
import { describeFlags, type Flag, readFlags, UsageError } from "../../lib/flags/mod.ts";

const flags = [
  { name: "config", kind: "text", environment: "CONFIG", fallback: "/etc/x.yaml", help: "File." },
  { name: "listen", kind: "list", environment: "LISTEN", fallback: ":1", help: "Addresses." },
  { name: "check", kind: "switch", environment: "CHECK", fallback: "false", help: "Only check." },
] as const satisfies readonly Flag[];

function read(args: string[], environment: Record<string, string> = {}) {
  const lookup = new Map(Object.entries(environment));
  return Object.fromEntries(readFlags(flags, args, lookup, "flags only"));
}

Deno.test("a flag is what the command line says, else the environment, else the default", () => {
  assert.deepEqual(read([]), { config: "/etc/x.yaml", listen: ":1", check: "false" });
  const environment = { CONFIG: "a", LISTEN: ":2", CHECK: "1" };
  assert.deepEqual(read([], environment), { config: "a", listen: ":2", check: "true" });
  const args = ["--config", "b", "-listen=:3", "--check=F"];
  assert.deepEqual(read(args, environment), { config: "b", listen: ":3", check: "false" });
});

Deno.test("an empty variable is an empty text, and no word for a switch", () => {
  assert.deepEqual(read([], { CONFIG: "", CHECK: "" }), {
    config: "",
    listen: ":1",
    check: "false",
  });
});

Deno.test("what is given of a list adds up, and of a text the last counts", () => {
  const args = ["--listen", ":3", "--listen=:4,:5", "--config=a", "--config=b"];
  assert.deepEqual(read(args, { LISTEN: ":2" }), {
    config: "b",
    listen: ":3,:4,:5",
    check: "false",
  });
});

Deno.test("a value may hold line ends and further equals signs", () => {
  assert.equal(read(["--config=a=b\nc"]).config, "a=b\nc");
});

Deno.test("a switch that stands alone takes no word that follows", () => {
  assert.equal(read(["--check", "--config", "x"]).check, "true");
  assert.throws(() => read(["--check", "false"]), {
    message: 'unexpected argument "false": flags only',
  });
});

Deno.test("what is no flag is refused with the reason", () => {
  const refuse = (args: string[], message: string, environment = {}) =>
    assert.throws(() => read(args, environment), (error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, message);
      return true;
    });
  refuse(["start"], 'unexpected argument "start": flags only');
  refuse(["-"], 'unexpected argument "-": flags only');
  refuse(["---check"], 'unexpected argument "---check": flags only');
  refuse(["--chekc"], "unknown flag --chekc, see --help");
  refuse(["--config"], "--config needs a value");
  refuse(["--check=yes"], '--check is true or false, not "yes"');
  refuse([], 'CHECK is true or false, not "yes"', { CHECK: "yes" });
});

Deno.test("help has a line for each flag, with its default and its variable", () => {
  assert.deepEqual(describeFlags(flags, 14), [
    "  --config VALUE File. (default /etc/x.yaml, CONFIG)",
    "  --listen VALUE Addresses. (default :1, LISTEN)",
    "  --check        Only check. (CHECK)",
  ]);
});

Deno.test("help fits a terminal of 80 columns, below a flag that leaves no room", () => {
  const wordy = [
    {
      name: "a",
      kind: "text",
      environment: "A_LONG_NAME",
      fallback: "x",
      help: "word ".repeat(14) + "end",
    },
    { name: "much-longer", kind: "text", environment: "", fallback: "", help: "Short." },
  ] as const satisfies readonly Flag[];
  const words = "word ".repeat(12);
  assert.deepEqual(describeFlags(wordy, 12), [
    `  --a VALUE    ${words}word`,
    "               word end (default x, A_LONG_NAME)",
    "  --much-longer VALUE",
    "               Short.",
  ]);
});

Deno.test("a flag without a variable asks no environment, and its help names none", () => {
  const quiet = [
    { name: "quiet", kind: "switch", environment: "", fallback: "false", help: "Say less." },
    { name: "as", kind: "text", environment: "", fallback: "", help: "Who." },
  ] as const satisfies readonly Flag[];
  const environment = { get: (name: string) => assert.fail(`it asks for "${name}"`) };
  assert.deepEqual([...readFlags(quiet, ["--quiet"], environment, "")], [
    ...[["quiet", "true"], ["as", ""]],
  ]);
  assert.deepEqual(describeFlags(quiet, 10), ["  --quiet    Say less.", "  --as VALUE Who."]);
});
