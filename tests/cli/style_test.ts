import assert from "node:assert/strict";
import { colourStyle, plainStyle, printable, stateMeaning } from "../../lib/cli/style.ts";

Deno.test("colours are around what means something, and around nothing else", () => {
  assert.equal(colourStyle.paint("error", "no"), "\x1b[31mno\x1b[0m");
  assert.equal(colourStyle.paint("label", "name"), "\x1b[34mname\x1b[0m");
  assert.equal(colourStyle.paint("bad", "down"), "\x1b[1;31mdown\x1b[0m");
  assert.equal(colourStyle.paint("plain", "text"), "text");
  assert.equal(colourStyle.paint("error", ""), "", "no code without a text");
  assert.equal(plainStyle.paint("error", "no"), "no");
  assert.deepEqual([colourStyle.colour, plainStyle.colour], [true, false]);
});

Deno.test("each state has its meaning, one that is not known none", () => {
  const meanings = {
    ...{ up: "good", down: "bad", unknown: "warning", paused: "warning", disabled: "dim" },
    ...{ removed: "dim", invented: "plain" },
  };
  for (const [state, meaning] of Object.entries(meanings)) {
    assert.equal(stateMeaning(state), meaning, state);
  }
});

Deno.test("of what a terminal obeys only lines, tabs and our own colours are left", () => {
  const painted = colourStyle.paint("bad", "down") + colourStyle.paint("label", "up\n\tis");
  assert.equal(printable(painted), painted);
  assert.equal(printable("é 日本 →"), "é 日本 →");
  assert.equal(printable("\x1b[8m\x1b[31"), "\\u001b[8m\\u001b[31");
  assert.equal(printable("\u{e0001}\u2028\x7f\ud800"), "\\udb40\\udc01\\u2028\\u007f\ufffd");
});
