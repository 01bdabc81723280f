import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  clip,
  fit,
  formatSpan,
  printable,
  printableJson,
  shortCount,
  shortMs,
  shortPercent,
  widthOf,
} from "../../lib/tester/text.ts";

Deno.test("what steers a terminal is spelled out", () => {
  equal(
    printable("a\x1b[2J\x9b\u202e\u2028\ud800é"),
    "a\\u{1b}[2J\\u{9b}\\u{202e}\\u{2028}\ufffdé",
  );
});

Deno.test("JSON stays what it is when what steers a terminal is spelled out in it", () => {
  const values = ["a\x1b[2J\x9b\u202e\u2028\u{e0001}é漢", { "\x85": "\n" }];
  const text = printableJson(JSON.stringify(values, undefined, 2));
  deepEqual(JSON.parse(text), values);
  match(text, /^[\n -~é漢]+$/);
});

Deno.test("text fits its columns, however wide its characters are", () => {
  const texts = fc.string({ unit: "grapheme" }).map(printable);
  fc.assert(fc.property(texts, fc.nat(30), (text, width) => {
    equal(widthOf(fit(text, width)), width);
    ok(widthOf(clip(text, width)) <= width);
    if (widthOf(text) <= width) equal(clip(text, width), text);
  }));
  equal(clip("漢字漢字", 4), "漢…");
  deepEqual([fit("ab", 4), fit("ab", 4, "right"), clip("ab", 0)], ["ab  ", "  ab", ""]);
});

Deno.test("figures fit their columns, whatever they are", () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 2 ** 31, noNaN: true }), (value) => {
    ok(shortMs(Math.min(value, 9_000_000)).length <= 7);
    ok(shortCount(Math.floor(value)).length <= 6);
  }));
  fc.assert(fc.property(fc.nat(), fc.nat(), (good, bad) => {
    const text = shortPercent(good, good + bad);
    ok(text.length <= 5);
    equal(text === "100", bad === 0 && good > 0);
  }));
});

Deno.test("times have as many digits as one reads", () => {
  const times = [undefined, 0, 9.99, 9.999, 99.9, 99.96, 9_999, 10_000];
  deepEqual(times.map(shortMs), ["-", "0.00", "9.99", "10.0", "99.9", "100", "9999", "10.0s"]);
  const spans = [-1, 59_999, 60_000, 3_599_000, 3_600_000, 90_000_000];
  deepEqual(spans.map(formatSpan), ["0s", "59s", "1m00s", "59m59s", "1h00m", "1d1h"]);
});
