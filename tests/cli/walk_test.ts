import assert from "node:assert/strict";
import type { Node } from "../../lib/cli/node.ts";
import { parseFlags } from "../../lib/cli/flags.ts";
import { commandTree } from "../../lib/cli/tree.ts";
import { nodeLabel, walk } from "../../lib/cli/walk.ts";

function outcome(line: string): string {
  const result = walk(commandTree, line === "" ? [] : line.split(" "));
  switch (result.kind) {
    case "command":
      return `${result.args.words.join(" ")} {${
        [...result.args.values].map(([name, value]) => `${name}=${value}`).join(" ")
      }}`;
    case "incomplete":
      return `… ${result.choices.map(nodeLabel).join(" ")}`;
    case "error":
      return `word ${result.at}: ${result.message}`;
  }
}

const cases: readonly (readonly [line: string, expected: string])[] = [
  ["show backends", "show backends {}"],
  ["sh ba", "show backends {}"],
  ["sh ba nginx0", "show backends {backend=nginx0}"],
  ["sh ba show", "show backends {backend=show}"],
  ["set backend x pause", "set backend pause {backend=x}"],
  ["set ba x resu", "set backend resume {backend=x}"],
  [
    "set frontend f pool p backend b weight 0 flush",
    "set frontend pool backend weight flush {frontend=f pool=p backend=b weight=0}",
  ],
  ["sync vpp lb state", "sync vpp lb state {}"],
  ["sy v l s www", "sync vpp lb state {frontend=www}"],
  ["show vpp lb plan www", "show vpp lb plan {frontend=www}"],
  ["watch events", "watch events {}"],
  ["watch events num 20", "watch events num {num=20}"],
  ["watch events log level debug", "watch events log level debug {}"],
  ["watch events log level debug backend", "watch events log level debug backend {}"],
  ["watch events backend num 100", "watch events backend num {num=100}"],
  ["watch events log backend", "watch events log backend {}"],
  ["", "… show set sync wait watch config auth completion help quit exit"],
  ["show vpp", "… info lb"],
  ["set backend x", "… pause resume disable enable drain reset"],
  ["watch events num", "… <num>"],
  ["s", 'word 0: "s" is ambiguous: show, set, sync'],
  ["show v", 'word 1: "v" is ambiguous: version, vpp'],
  [
    "show foo",
    'word 1: "foo" is not known here; possible: version, status, frontends, backends, healthchecks, events, vpp',
  ],
  ["show frontends a b", 'word 3: "b" is one word too many: the command ends before it'],
  ["show backends a b", 'word 3: "b" is not known here; possible: down, flapping, slow, by-hand'],
  ["show backends dow", "show backends {backend=dow}"],
  ["show backends -- down", "show backends {backend=down}"],
  ["-- sh ba by-hand slow", "show backends slow {backend=by-hand}"],
  ["show backends -- -- down", "show backends down {backend=--}"],
  ["show backends --", "show backends {}"],
  ["set backend -- enable disable", "set backend disable {backend=enable}"],
  ["show frontends -- health", "show frontends {frontend=health}"],
  [
    "set frontend f pool p backend b -- weight 5",
    "set frontend pool backend weight {frontend=f pool=p backend=b weight=5}",
  ],
  [
    "set frontend f pool p backend b weight 101",
    'word 8: "101" is not a whole number from 0 to 100',
  ],
  [
    "set frontend f pool p backend b weight -1",
    'word 8: "-1" is not a whole number from 0 to 100',
  ],
  ["watch events num 0", 'word 3: "0" is not a whole number from 1 to 1000000000'],
];

for (const [line, expected] of cases) {
  Deno.test(`the words "${line}" lead to: ${expected}`, () => {
    assert.equal(outcome(line), expected);
  });
}

Deno.test("an exact keyword wins over a longer one that it begins", () => {
  const roots: Node[] = [
    { kind: "keyword", word: "state", help: "", run: { kind: "quit" } },
    { kind: "keyword", word: "states", help: "", run: { kind: "watch" } },
  ];
  const result = walk(roots, ["state"]);
  assert.deepEqual(result.kind === "command" && result.command, { kind: "quit" });
});

Deno.test("a keyword prefix wins over a slot, anything else fills the slot", () => {
  const roots: Node[] = [
    { kind: "keyword", word: "all", help: "", run: { kind: "quit" } },
    { kind: "slot", name: "name", help: "", run: { kind: "watch" } },
  ];
  assert.deepEqual(kindAt(roots, "al"), { kind: "quit" });
  assert.deepEqual(kindAt(roots, "alx"), { kind: "watch" });
});

function kindAt(roots: readonly Node[], word: string) {
  const result = walk(roots, [word]);
  return result.kind === "command" && result.command;
}

Deno.test("whatever a name is, there is a way to say it wherever one may stand", () => {
  const lines = ["show frontends", "show backends", "show healthchecks", "show vpp lb plan"];
  for (
    const name of ["down", "by-hand", ".", "health", "show", "--", "-x", "--json", "reset", "5"]
  ) {
    for (const line of lines) {
      const { words } = parseFlags([...line.split(" "), "--", name], { get: () => undefined });
      const result = walk(commandTree, words);
      assert.deepEqual(
        result.kind === "command" && [...result.args.values.values()],
        [name],
        `${line} -- ${name}`,
      );
    }
  }
});
