import { equal, ok } from "node:assert/strict";
import { collector, exposition } from "../../lib/metrics/exposition.ts";
import { FakeClock } from "../../lib/time/mod.ts";

const family = { name: "g", type: "gauge", help: "h", labels: ["x"], buckets: [] } as const;

Deno.test("a slice is no larger than a bounded piece, and the slices make the whole", () => {
  const many = collector(family, function* () {
    for (let i = 0; i < 20_000; i++) yield [i, `value-${i}`];
  });
  const slices = [...exposition([many], new FakeClock())];
  ok(slices.length > 5 && slices.length < 10, `${slices.length} slices`);
  // All but the last are full, to the line.
  for (const { length } of slices.slice(0, -1)) {
    ok(length >= 64 * 1024 && length < 64 * 1024 + 32, `${length} bytes`);
  }
  const decoder = new TextDecoder();
  const text = slices.map((slice) => decoder.decode(slice)).join("");
  equal(text.split("\n").length, 20_003);
  ok(text.startsWith("# HELP g h\n# TYPE g gauge\n"));
});

Deno.test("a slice ends after a few milliseconds however little it holds", () => {
  const clock = new FakeClock();
  const slow = collector(family, function* () {
    for (let i = 0; i < 1000; i++) {
      clock.advance(0.1);
      yield [i, "x"];
    }
  });
  let last = clock.now();
  for (const _ of exposition([slow], clock)) {
    ok(clock.now() - last <= 3 + 3.2 + 1e-6, `${clock.now() - last} ms`);
    last = clock.now();
  }
});

Deno.test("a slice ends as soon where there is nothing to show", () => {
  const clock = new FakeClock();
  const nothing = collector(family, function* () {
    for (let i = 0; i < 1000; i++) {
      clock.advance(0.1);
      yield undefined;
    }
  });
  let [last, text] = [clock.now(), ""];
  for (const slice of exposition([nothing], clock)) {
    ok(clock.now() - last <= 3 + 3.2 + 1e-6, `${clock.now() - last} ms`);
    last = clock.now();
    text += new TextDecoder().decode(slice);
  }
  equal(text, "# HELP g h\n# TYPE g gauge\n");
});
