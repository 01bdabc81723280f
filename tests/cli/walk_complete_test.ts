import assert from "node:assert/strict";
import { commandTree } from "../../lib/cli/tree.ts";
import { commonPrefix, complete } from "../../lib/cli/walk.ts";

Deno.test("keywords that begin with the partial word are offered in the tree's order", () => {
  assert.deepEqual(complete(commandTree, [], "s")?.words, ["show", "set", "sync"]);
  const behind = complete(commandTree, ["show", "backends", "--"], "");
  assert.deepEqual([behind?.words, behind?.slot?.name], [[], "backend"], "names alone");
});

Deno.test("where a name may stand, the slot is offered so that live names can be asked for", () => {
  const found = complete(commandTree, ["show", "backends"], "ng");
  assert.deepEqual(found?.words, []);
  assert.equal(found?.slot?.name, "backend");
});

Deno.test("help has a line for each choice", () => {
  assert.deepEqual(complete(commandTree, ["show", "vpp"], "")?.choices, [
    { label: "info", help: "Version, process and uptime of VPP" },
    { label: "lb", help: "The lb plugin" },
  ]);
});

Deno.test("a whole command says that it may end here", () => {
  assert.equal(complete(commandTree, ["show", "backends"], "")?.runnable, true);
  assert.equal(complete(commandTree, ["show"], "")?.runnable, false);
});

Deno.test("after a word that fits nothing there is nothing to offer", () => {
  assert.equal(complete(commandTree, ["nonsense"], ""), undefined);
});

Deno.test("the common prefix is the longest shared beginning", () => {
  assert.equal(commonPrefix(["nginx0", "nginx10", "nginx2"]), "nginx");
  assert.equal(commonPrefix(["a", "b"]), "");
  assert.equal(commonPrefix(["one"]), "one");
  assert.equal(commonPrefix([]), "");
});
