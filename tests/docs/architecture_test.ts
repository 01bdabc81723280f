import { deepEqual, equal, ok } from "node:assert/strict";
import { libSources, readPage } from "./support/pages.ts";

const page = await readPage("docs/architecture.md");

/** Of each room, the rooms that its code imports. */
async function importedRooms(): Promise<Record<string, string>> {
  const used = new Map<string, Set<string>>();
  for (const path of await libSources()) {
    const room = path.split("/")[1] ?? "";
    const rooms = used.get(room) ?? new Set();
    used.set(room, rooms);
    // What the examples of doors import, the rooms don't.
    const code = (await readPage(path)).replaceAll(/^ \* .*$/gm, "");
    for (const [, target = ""] of code.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)) {
      const other = new URL(target, `file:///${path}`).pathname.split("/")[2] ?? "";
      if (other !== room && other !== "deno.json") rooms.add(other);
    }
  }
  return Object.fromEntries([...used].map(([room, rooms]) => [room, [...rooms].sort().join(", ")]));
}

/** The table of rooms in its order: each with what it uses. */
function tableOfRooms(): [room: string, uses: string][] {
  const [, section = ""] = page.match(/^## Rooms$([^]*?)^## /m) ?? [];
  const rows = section.matchAll(/^\| `([a-z0-9]+)` +\|[^|]*\| *([a-z0-9, ]*?) *\|$/gm);
  return Array.from(rows, ([, room = "", uses = ""]) => [room, uses]);
}

Deno.test("the table of rooms is what the rooms import", async () => {
  deepEqual(Object.fromEntries(tableOfRooms()), await importedRooms());
});

Deno.test("rooms come after those that they use, so no two use each other", () => {
  const seen = new Set<string>();
  for (const [room, uses] of tableOfRooms()) {
    for (const other of uses.split(", ").filter((each) => each !== "")) {
      ok(seen.has(other), `${room} uses ${other}, which comes later`);
    }
    seen.add(room);
  }
  ok(seen.size >= 17);
});

Deno.test("rooms that are said to be pure touch neither Deno nor the clock", async () => {
  for (const path of await libSources()) {
    if (!/^lib\/(health|ip)\//.test(path)) continue;
    equal(
      /\bDeno\.|performance\.|Date\.now|Math\.random|setTimeout|fetch\(/.test(await readPage(path)),
      false,
      path,
    );
  }
});

Deno.test("files that the page names are there", async () => {
  const named = new Set(Array.from(page.matchAll(/`(lib\/[\w/]+\.ts)`/g), ([, path = ""]) => path));
  const example = "lib/probes/NAME.ts";
  ok(named.delete(example) && named.size > 30);
  for (const path of named) ok((await Deno.stat(path)).isFile, path);
});
