import { deepEqual, equal } from "node:assert/strict";
import { type Controls, press, untouched } from "../../../lib/tester/screen/controls.ts";
import type { Key } from "../../../lib/tester/screen/keys.ts";

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
