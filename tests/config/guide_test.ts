import assert from "node:assert/strict";
import { formatOutcome, parseConfig } from "../../lib/config/mod.ts";
import { withReference } from "../../tools/schema/reference.ts";

const guide = await Deno.readTextFile(new URL("../../docs/config-guide.md", import.meta.url));

/** Every YAML example, with the output shown directly below it, if any. */
const examples = Array.from(
  guide.matchAll(/```yaml\n([^]*?)```(?:\n\n(?:[^`\n][^\n]*\n)*```text\n([^]*?)```)?/g),
  ([, yaml = "", text]) => ({ yaml, text }),
);

Deno.test("every example of the guide is valid, or is answered as the guide says", () => {
  for (const { yaml, text } of examples) {
    const outcome = parseConfig(yaml, "maglev.yaml");
    const shown = formatOutcome(outcome);
    if (text !== undefined) assert.equal(`${shown}\n`, text);
    else assert.match(shown, /^maglev\.yaml: valid: [^,]*, [^,]*, [^,]*$/);
  }
});

Deno.test("the guide has examples of both kinds", () => {
  assert.ok(examples.filter(({ text }) => text === undefined).length >= 3);
  assert.ok(examples.filter(({ text }) => text !== undefined).length >= 2);
});

Deno.test("a guide without the markers is refused, one that begins with them is not", () => {
  assert.throws(() => withReference("# A guide\n"), /the guide lacks the markers/);
  const bare = guide.slice(guide.indexOf("<!-- reference:"));
  assert.equal(withReference(bare), bare);
  const [begin = "", end = ""] = bare.match(/<!-- .*? -->/g) ?? [];
  assert.throws(() => withReference(`${end}\n${begin}\n`), /the guide lacks the markers/);
});
