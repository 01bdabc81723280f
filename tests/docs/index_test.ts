import { deepEqual, equal, match, ok } from "node:assert/strict";
import { allPages, readPage } from "./support/pages.ts";

const pages = (await allPages()).filter((path) => path.startsWith("docs/"));

Deno.test("each page of docs/ says below its title for whom it is", async () => {
  for (const path of pages) match(await readPage(path), /^# .+\n\n_For [^_]+[.:][^_]*_\n/, path);
  ok(pages.length > 15);
});

Deno.test("the index of docs/ has every page", async () => {
  const index = await readPage("docs/README.md");
  const linked = new Set(
    [...index.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => `docs/${target}`),
  );
  deepEqual(pages.filter((path) => path !== "docs/README.md" && !linked.has(path)), []);
  ok((await readPage("README.md")).includes("(docs/README.md)"));
});

/** The rows of the README's comparison: what, maglevd's cell, the others'. */
async function comparison(): Promise<{ what: string; own: string; others: string[] }[]> {
  const [, section = ""] = (await readPage("README.md")).match(/^## Beside others\n([^]*?)^## /m) ??
    [];
  return section.split("\n").filter((line) => line.startsWith("| ")).slice(2).map((line) => {
    const [what = "", own = "", ...others] = line.split("|").slice(1, -1).map((cell) =>
      cell.trim()
    );
    return { what, own, others };
  });
}

Deno.test("each yes of the README's comparison leads to the page that tells of it", async () => {
  const rows = await comparison();
  ok(rows.length > 20);
  for (const { what, own, others } of rows) {
    equal(others.length, 4, what);
    match(own, /^(?:\[yes\]\(docs\/[^)]+\)|no\b.*)$/, what);
  }
  // Honest both ways.
  ok(rows.filter(({ own }) => own.startsWith("no")).length >= 5);
});

Deno.test("what the comparison calls planned is not there yet", async () => {
  const schema = await readPage("docs/maglev.schema.json");
  const keys: Readonly<Record<string, string>> = {
    "Slow start": "slow-start",
    "Forwards on when too many checks fail at once": "fail-open",
    "Holds servers down that flap": "flap",
  };
  const rows = new Map((await comparison()).map(({ what, own }) => [what, own]));
  for (const [what, key] of Object.entries(keys)) {
    equal(rows.get(what)?.startsWith("no"), !schema.includes(`"${key}"`), what);
  }
});
