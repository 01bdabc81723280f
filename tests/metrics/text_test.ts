import { equal } from "node:assert/strict";
import fc from "fast-check";
import { headerText, labelText, sampleText, valueText } from "../../lib/metrics/exposition.ts";

Deno.test("help text keeps to one line", () => {
  const family = { name: "a_total", type: "counter", labels: [], buckets: [] } as const;
  equal(
    headerText({ ...family, help: "one\ntwo \\ three" }),
    "# HELP a_total one\\ntwo \\\\ three\n# TYPE a_total counter\n",
  );
});

Deno.test("a sample without labels has no braces", () => {
  equal(sampleText("up", "", 1), "up 1\n");
  equal(sampleText("up", 'a="b"', 1.5), 'up{a="b"} 1.5\n');
});

Deno.test("values are spelled as Prometheus reads them", () => {
  equal(valueText(Infinity), "+Inf");
  equal(valueText(-Infinity), "-Inf");
  equal(valueText(NaN), "NaN");
  equal(valueText(9_007_199_254_740_991), "9007199254740991");
});

Deno.test("whatever a label holds, it is one line and reads back the same", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(...'a\\"\n') }),
  );
  fc.assert(
    fc.property(text, (value) => {
      const escaped = labelText(["a"], [value]);
      equal(escaped.includes("\n"), false);
      const inner = escaped.slice('a="'.length, -1);
      equal(inner.replace(/\\(.)/g, (_, c) => c === "n" ? "\n" : c), value);
    }),
    { seed: 20261121 },
  );
});
