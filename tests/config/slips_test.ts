import assert from "node:assert/strict";
import { formatOutcome, parseConfig } from "../../lib/config/mod.ts";

const folder = new URL("../../docs/examples/", import.meta.url);
const examples = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Each text that comes of indenting one line otherwise, with what was done. */
function* slips(text: string): Generator<{ what: string; slipped: string }> {
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const content = line.trimStart();
    const own = line.length - content.length;
    const others = [-4, -2, -1, 1, 2, 4].map((by) => own + by).filter((column) => column >= 0);
    for (const start of [...others.map((column) => " ".repeat(column)), "\t"]) {
      const slipped = [...lines.slice(0, index), start + content, ...lines.slice(index + 1)];
      yield { what: `line ${index + 1}: ${JSON.stringify(start)}`, slipped: slipped.join("\n") };
    }
  }
}

for (const name of examples) {
  Deno.test(`one line of ${name} indented wrongly is one error at most`, () => {
    const text = Deno.readTextFileSync(new URL(name, folder));
    let count = 0;
    for (const { what, slipped } of slips(text)) {
      const outcome = parseConfig(slipped, name);
      if (outcome.kind === "valid") continue;
      count++;
      assert.equal(outcome.problems.length, 1, `${what}\n${formatOutcome(outcome)}`);
    }
    assert.ok(count > 20);
  });
}

Deno.test("what is wrong before a slip of indentation is told, what comes after it is not", () => {
  const text = Deno.readTextFileSync(new URL("minimal.yaml", folder))
    .replace("type: http", "typ: http")
    .replace("  frontends:", "    frontends:")
    .replace("protocol: tcp", "protokoll: tcp");
  const outcome = parseConfig(text, "f");
  assert.deepEqual(outcome.kind === "invalid" && outcome.problems.map(({ path }) => path), [
    "maglev.healthchecks.web.typ",
    "maglev.backends.frontends",
  ]);
});
