import { deepEqual } from "node:assert/strict";
import fc from "fast-check";
import { KeyReader } from "../../../lib/tester/screen/keys.ts";

const encoder = new TextEncoder();

function keysOf(...pieces: readonly string[]): string[] {
  const reader = new KeyReader();
  return pieces.flatMap((piece) => reader.read(encoder.encode(piece)))
    .map((key) => key.kind === "text" ? key.text : `<${key.name}>`);
}

Deno.test("a terminal's bytes are keys", () => {
  deepEqual(keysOf("qé🙂"), ["q", "é", "🙂"]);
  deepEqual(keysOf("\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[H\x1b[4~"), [
    ...["<up>", "<down>", "<page-up>", "<page-down>", "<home>", "<end>"],
  ]);
  deepEqual(keysOf("\r\x7f\x03\x1a\x0c\x15"), [
    ...["<enter>", "<backspace>", "<ctrl-c>", "<ctrl-z>", "<ctrl-l>", "<ctrl-u>"],
  ]);
});

Deno.test("sequences of no known key are left out, cut ones joined, escape alone is a key", () => {
  deepEqual(keysOf("\x1b[1;5Ca\x1b[200~b\x01"), ["a", "b"]);
  deepEqual(keysOf("\x1b", "a"), ["<escape>", "a"]);
  deepEqual(keysOf("\x1b[", "5", "~x"), ["<page-up>", "x"]);
  deepEqual(keysOf(`\x1b[${"1".repeat(40)}`, "~x"), ["~", "x"]);
});

Deno.test("whatever bytes come, a reader keeps little of them", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
    const reader = new KeyReader();
    for (const piece of pieces) reader.read(piece);
    // Enough to end whatever was begun.
    reader.read(encoder.encode("~~~~"));
    deepEqual(reader.read(encoder.encode("q")), [{ kind: "text", text: "q" }]);
  }));
});
