import assert from "node:assert/strict";
import { formatProblem } from "../../lib/config/mod.ts";
import { LineIndex, printable, renderPath, show } from "../../lib/config/problems.ts";
import { describeScalar } from "../../lib/config/scalar.ts";

Deno.test("a value in a message is whole up to 64 characters, then cut to 60", () => {
  assert.equal(show("x".repeat(64)), `"${"x".repeat(64)}"`);
  assert.equal(show("x".repeat(65)), `"${"x".repeat(60)}…"`);
  const number = (length: number) => describeScalar({ kind: "number", text: "1".repeat(length) });
  assert.equal(number(40), `the number ${"1".repeat(40)}`);
  assert.equal(number(41), `the number ${"1".repeat(36)}…`);
});

Deno.test("keys that are hard to read are quoted in a path", () => {
  const at = (key: string | number) => renderPath({ parent: { parent: undefined, key: "a" }, key });
  assert.equal(at(3), "a[3]");
  assert.equal(at("zürich/1"), "a.zürich/1");
  assert.equal(at("a b"), 'a."a b"');
  assert.equal(at("x".repeat(128)), `a.${"x".repeat(128)}`);
  assert.equal(at("x".repeat(129)), `a."${"x".repeat(60)}…"`);
});

Deno.test("characters that do something to a terminal are escaped by their number", () => {
  assert.equal(printable("a\u001b\u202e\u2028é🦆"), "a\\u001b\\u202e\\u2028é🦆");
  assert.equal(printable("\u{e0001}\ud800"), "\\u{e0001}\ufffd");
});

Deno.test("a place is the line and the column of an offset, at any line of any number", () => {
  for (let lines = 1; lines <= 9; lines++) {
    const text = Array.from({ length: lines }, (_, i) => "x".repeat(i % 3)).join("\n");
    let [line, column] = [1, 1];
    const index = new LineIndex(text);
    for (let at = 0; at <= text.length; at++) {
      assert.deepEqual(index.place(at), { line, column }, `${JSON.stringify(text)}, ${at}`);
      [line, column] = text[at] === "\n" ? [line + 1, 1] : [line, column + 1];
    }
    assert.deepEqual(index.place(-1), { line: 1, column: 1 });
    assert.deepEqual(index.place(text.length + 5), index.place(text.length));
  }
});

Deno.test("a problem of the file as a whole has no place", () => {
  const problem = {
    stage: "parse",
    file: "f",
    line: 0,
    column: 0,
    path: "",
    message: "m",
  } as const;
  assert.equal(formatProblem(problem), "f: m");
  assert.equal(formatProblem({ ...problem, line: 1, column: 2 }), "f:1:2: m");
  assert.equal(formatProblem({ ...problem, line: 1, column: 2, path: "a.b" }), "f:1:2: a.b: m");
});
