import { deepEqual, equal, ok } from "node:assert/strict";
import { probeCodes } from "../../lib/probes/types.ts";
import { anchorsOf } from "./support/fences.ts";
import {
  differences,
  loudRecords,
  staleIndirections,
  unlistedIndirections,
} from "./support/log_names.ts";
import { libSources, readPage } from "./support/pages.ts";

const page = await readPage("docs/troubleshooting.md");

Deno.test("every result code of a probe has its section", () => {
  const anchors = anchorsOf(page);
  for (const code of probeCodes) ok(anchors.has(code.toLowerCase()), code);
});

Deno.test("every log record of level WARN or ERROR is explained, with its level, and no other", async () => {
  const rows = page.split("\n").flatMap((line) => {
    const [, name, level] = line.match(/^\| `([a-z-]+)` +\| (warn|error) +\|/) ?? [];
    return name ? [`${level} ${name}`] : [];
  });
  deepEqual(differences(rows, await loudRecords()), { missing: [], leftOver: [] });
});

Deno.test("the search for log records sees every way of logging", async () => {
  deepEqual(await unlistedIndirections(), []);
  deepEqual(await staleIndirections(), []);
  ok((await loudRecords()).length > 25);
});

Deno.test("names of return values in the page are VPP's", async () => {
  const { formatRetval } = await import("../../lib/vppclient/errors.ts");
  const shown = [...page.matchAll(/^\| (-\d+ \([A-Z_]+\))/gm)].map(([, text = ""]) => text);
  equal(shown.length, 5);
  for (const text of shown) equal(formatRetval(parseInt(text)), text);
});

/** What the operating system says, and what systemd does. */
const notOurs = /^(Cannot assign|No such file|Permission denied|Connection refused)/;
/** Stands for a name, a number or a place. */
const placeholder = /…|\b(?:HOST:PORT|FILE|LINE|COLUMN|PATH|NAME|ADDRESS|N)\b/;

Deno.test("the messages quoted in the page are those of the programs", async () => {
  const source = await wholeSource();
  const quoted = ["L4CON", "L6RSP", "SOCKERR", "maglevd does not start", "maglevc complains"]
    .flatMap(
      (heading) => firstCells(heading).flatMap((cell) => cell.match(/(?<=`)[^`]+(?=`)/g) ?? []),
    );
  ok(quoted.length > 30);
  for (const message of quoted) {
    const pieces = message.split(placeholder).flatMap((piece) => piece.split(/: | - /))
      .map((piece) => piece.trim().replace(/[:;]$/, "").trim());
    for (const piece of pieces.filter((each) => each.length > 3 && !notOurs.test(each))) {
      ok(source.includes(piece), `"${piece}" of "${message}" is said nowhere`);
    }
  }
});

/** The first cells of the tables below a heading, up to the next one. */
function firstCells(heading: string): string[] {
  const start = page.search(new RegExp(`^#+ ${heading}$`, "m"));
  ok(start >= 0, heading);
  const [section = ""] = page.slice(start).split("\n").slice(1).join("\n").split(/^#/m);
  return section.split("\n").filter((line) => line.startsWith("|")).slice(2)
    .map((line) => line.split("|")[1] ?? "");
}

/** All of lib/, strings that go over several lines joined, quotes in them as they are printed. */
async function wholeSource(): Promise<string> {
  const texts = await Promise.all((await libSources()).map(readPage));
  return texts.join("\n").replaceAll(/["`] \+\s+["`]/g, "").replaceAll('\\"', '"');
}
