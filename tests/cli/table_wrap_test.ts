import assert from "node:assert/strict";
import stringWidth from "fast-string-width";
import { wrapText } from "../../lib/cli/table.ts";

Deno.test("a line that fits, and any line where there is no terminal, stays as it is", () => {
  const text = "one  two three\n  four";
  assert.equal(wrapText(text, 14), text);
  assert.equal(wrapText(text, undefined), text);
});

Deno.test("a long line goes on at a blank, a little to the right of where it began", () => {
  assert.equal(
    wrapText("wrong\n  the last reload was refused: m.yaml:3:5: no", 29),
    "wrong\n  the last reload was\n      refused: m.yaml:3:5: no",
  );
});

Deno.test("the value behind a label goes on below itself", () => {
  assert.equal(
    wrapText("last probe  connection refused in 2ms, 3s ago", 32),
    "last probe  connection refused\n            in 2ms, 3s ago",
  );
});

Deno.test("a word that is longer than a line stands alone", () => {
  const path = `/${"long/".repeat(6)}`;
  assert.equal(wrapText(`see ${path} now`, 24), `see\n    ${path}\n    now`);
});

Deno.test("colours take no room, wide characters two columns", () => {
  const red = "\x1b[31mall of this is wrong, and of that as well\x1b[0m";
  const lines = wrapText(`vpp  ${red}`, 30).split("\n");
  assert.deepEqual(lines.map((line) => stringWidth(line) <= 30), [true, true]);
  assert.equal(lines[1], "     of that as well\x1b[0m");
  assert.equal(wrapText(Array(6).fill("日本").join(" "), 24), "日本 日本 日本 日本 日本\n    日本");
});

Deno.test("what is no label, or leaves little room, is a line like any other", () => {
  const label = "x".repeat(28);
  assert.equal(wrapText(`${label}  one two`, 30), `${label}  one\n    two`);
  const event = "12:00 weight   a b effective kept → 100  L7OK (status 200)";
  assert.equal(
    wrapText(event, 48),
    "12:00 weight   a b effective kept → 100  L7OK\n               (status 200)",
  );
  assert.equal(
    wrapText("12:00 override a b 5 by hand ends  by a reload of the file", 40),
    "12:00 override a b 5 by hand ends  by a\n    reload of the file",
  );
});
