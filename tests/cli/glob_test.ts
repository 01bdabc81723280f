import assert from "node:assert/strict";
import fc from "fast-check";
import { isGlob, matchesGlob } from "../../lib/cli/glob.ts";

Deno.test("a word with * ? or [ is a pattern", () => {
  assert.deepEqual(["web*", "web?", "web[12]", "web"].map(isGlob), [true, true, true, false]);
});

Deno.test("patterns match as in a shell", () => {
  const matching: [string, string][] = [
    ["*", ""],
    ["*", "anything"],
    ["web*", "web12"],
    ["*-ams", "web-ams"],
    ["w*b*2", "web-b12"],
    ["web?", "web1"],
    ["web[12]", "web2"],
    ["web[0-9]", "web7"],
    ["a.b", "a.b"],
    ["web[", "web["],
  ];
  for (const [pattern, name] of matching) assert.ok(matchesGlob(pattern, name), pattern);
  const different: [string, string][] = [
    ["web?", "web"],
    ["web?", "web12"],
    ["web[12]", "web3"],
    ["a.b", "axb"],
    ["*-ams", "web-ams2"],
    ["", "x"],
  ];
  for (const [pattern, name] of different) assert.ok(!matchesGlob(pattern, name), pattern);
});

Deno.test("any name matches itself with any part starred out", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9.-]{0,20}$/), fc.nat(), fc.nat(), (name, a, b) => {
      const from = Math.min(a, b) % (name.length + 1);
      const pattern = `${name.slice(0, from)}*${name.slice(Math.max(from, b % (name.length + 1)))}`;
      return matchesGlob(pattern, name);
    }),
    { seed: 7 },
  );
});

Deno.test("many stars take no exponential time", () => {
  assert.ok(!matchesGlob("*a".repeat(200) + "b", "a".repeat(2000)));
});
