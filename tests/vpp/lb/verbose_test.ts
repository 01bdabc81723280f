import assert from "node:assert/strict";
import fc from "fast-check";
import { parseVerbose, type VipExtras } from "../../../lib/vpp/lb/mod.ts";
import { textFile } from "../support/fixtures.ts";

function parse(text: string): Map<string, VipExtras> {
  const work = parseVerbose(text);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const text = await textFile("cli/inband-show-lb-vips-verbose.txt");

Deno.test("sticky flags and pool indices are read from VPP's text", () => {
  assert.deepEqual([...parse(text)].map(([id, { poolIndex, sticky }]) => [id, poolIndex, sticky]), [
    ["192.0.2.1/32 6 80", 1, false],
    ["2001:db8::80/128 6 443", 2, false],
    ["192.0.2.2/32 6 80", 3, true],
    ["192.0.2.3/32 255 0", 4, false],
    ["198.51.100.0/24 255 0", 5, false],
    ["192.0.2.4/32 17 53", 6, false],
    ["192.0.2.6/32 6 80", 8, false],
    ["192.0.2.7/32 17 3306", 9, false],
    ["2001:db8::90/128 17 3306", 10, false],
    ["2001:db8::91/128 6 80", 11, false],
  ]);
});

Deno.test("of a VIP deleted and made again, the living one counts", async () => {
  const found = JSON.parse(await textFile("stats/one-thread.json"));
  const extras = parse(found.show_lb_vips_verbose);
  assert.deepEqual(extras.get("203.0.113.82/32 6 80"), {
    poolIndex: 7,
    sticky: false,
    flowTableLength: 1024,
  });
  assert.equal(extras.size, 6);
});

Deno.test("a VIP that appears twice is not told about", () => {
  assert.equal(parse(text + text).size, 0);
});

Deno.test("an end of line before the first VIP, or none after the last one, makes no difference", () => {
  const line = " ip4-gre4 [7] 192.0.2.1/32";
  for (const odd of [line, `\n${line}`, `\n${line}\n`]) {
    assert.deepEqual([...parse(odd)], [
      ["192.0.2.1/32 255 0", { poolIndex: 7, sticky: false }],
    ], JSON.stringify(odd));
  }
});

Deno.test("whatever the text, nothing is thrown, and what is found was written", () => {
  const damage = fc.record({
    at: fc.nat({ max: text.length }),
    cut: fc.nat({ max: 200 }),
    put: fc.string({ maxLength: 10 }),
  });
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 5 }), (damages) => {
      let damaged = text;
      for (const { at, cut, put } of damages) {
        damaged = damaged.slice(0, at) + put + damaged.slice(at + cut);
      }
      for (const { poolIndex } of parse(damaged).values()) {
        assert.ok(damaged.includes(`[${poolIndex}`) || damaged.includes(`0${poolIndex}]`));
      }
    }),
    { seed: 26_10, numRuns: 500 },
  );
});
