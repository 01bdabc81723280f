import assert from "node:assert/strict";
import { formatOutcome } from "../../lib/config/mod.ts";
import { parseBytes } from "../../lib/config/parse.ts";

/** What is said first of a file with these octets. */
function said(...octets: number[]): string {
  return formatOutcome(parseBytes(new Uint8Array(octets), "f")).split("\n")[0] ?? "";
}

Deno.test("the first octet that is no UTF-8 is told, whatever stands before and after it", () => {
  const placeAfter = (before: string, ...octets: number[]) =>
    said(...new TextEncoder().encode(before), ...octets);
  const at = (place: string) =>
    `f:${place}: is not UTF-8 text from here on: save the file as UTF-8`;
  assert.equal(placeAfter("a: b", 0xff, 0xff, 0x0a), at("1:5"));
  // The mark of a file that was damaged before is a character like any other.
  assert.equal(placeAfter("# \ufffd\nä: ", 0xe4, 0x0a), at("2:4"));
  assert.equal(placeAfter("\ufeff#\ufffd", 0xef, 0xbf, 0x0a), at("1:3"));
  assert.equal(placeAfter("\n\n", 0xef, 0xbf), at("3:1"));
});

Deno.test("UTF-16 is known by its mark, or by the zero beside its first letter", () => {
  const files = [
    [0xff, 0xfe, 0x6d, 0x00],
    [0xfe, 0xff, 0x00, 0x6d],
    [0x6d, 0x00, 0x61, 0x00],
    [0x00, 0x6d, 0x00, 0x61],
  ];
  for (const octets of files) {
    assert.equal(said(...octets), "f:1:1: is UTF-16 text: save it as UTF-8", `${octets}`);
  }
  for (const octets of [[0xff, 0xff], [0xfe, 0xfe], [0xff], [0xfe]]) {
    assert.match(said(...octets), /^f:1:1: is not UTF-8 text from here on/, `${octets}`);
  }
  for (const octets of [[], [0x00], [0x00, 0x00], [0x6d]]) {
    assert.doesNotMatch(said(...octets), /UTF/, `${octets}`);
  }
});
