import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { type Controls, press, untouched } from "../../lib/tester/screen/controls.ts";
import { type Key, KeyReader } from "../../lib/tester/screen/keys.ts";

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

const extent = { vips: 10, page: 4 };

/** What comes of typing: characters, and names in angle brackets. */
function after(
  keys: string,
  from: Controls = untouched,
): { controls: Controls; actions: string[] } {
  let controls = from;
  const actions: string[] = [];
  for (const [, name, text = ""] of keys.matchAll(/<([a-z-]+)>|(.)/gu)) {
    const key = name ? { kind: "named", name } as Key : { kind: "text", text } as const;
    const { controls: next, action } = press(controls, key, extent);
    controls = next;
    if (action) actions.push(action);
  }
  return { controls, actions };
}

Deno.test("keys sort, pause, reset, quit", () => {
  equal(after("s").controls.order, "name");
  equal(after("S").controls.order, "failures");
  equal(after("ssssss").controls.order, "file");
  equal(after("p").controls.isPaused, true);
  equal(after("p ").controls.isPaused, false);
  deepEqual(after("rq<ctrl-c><ctrl-z><ctrl-l>x").actions, [
    "reset",
    "quit",
    "quit",
    "stop",
    "redraw",
  ]);
});

Deno.test("any key leaves help, and two of them quit there as well", () => {
  equal(after("?").controls.isHelp, true);
  equal(after("?r").controls.isHelp, false);
  deepEqual(after("?rq").actions, ["quit"]);
  deepEqual(after("hq").actions, ["quit"]);
});

Deno.test("the list moves within its ends", () => {
  const first = (keys: string) => after(keys).controls.first;
  equal(first("<down><down>k"), 1);
  equal(first("<up>"), 0);
  equal(first("<page-down><page-down><page-down>"), 6);
  equal(first("<end><page-up>"), 2);
  equal(first("<end><home>"), 0);
  equal(first("jjs"), 0);
});

Deno.test("a filter is typed, mended, kept or left; one that is wrong is told", () => {
  const { controls } = after("/wep<backspace>b.1<enter>");
  deepEqual([controls.filterText, controls.filter, controls.draft], [
    "web.1",
    /web.1/iu,
    undefined,
  ]);
  equal(after("/x<escape>", controls).controls.filterText, "web.1");
  equal(after("<escape>", controls).controls.filter, undefined);
  equal(after("/<ctrl-u><enter>", controls).controls.filter, undefined);
  const wrong = after("/(<enter>").controls;
  equal(wrong.complaint, '"(" is not a regular expression');
  equal(wrong.draft, "(");
  equal(after("<backspace>", wrong).controls.complaint, "");
  deepEqual(after("/q<ctrl-c>").actions, ["quit"]);
});
