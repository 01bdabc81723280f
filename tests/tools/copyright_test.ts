import { deepEqual, equal, match, ok } from "node:assert/strict";
import deno from "../../deno.json" with { type: "json" };
import { root } from "../../tools/programs.ts";

/** The paragraphs of debian/copyright, each with its fields; what is indented goes on. */
const paragraphs = (await Deno.readTextFile(`${root}packaging/debian/copyright`)).trim()
  .split("\n\n").map((paragraph) =>
    new Map(
      paragraph.split(/\n(?=\S)/).map((field) => {
        const [, name = "", value = ""] = /^([\w-]+):\s*([^]*)$/.exec(field) ?? [];
        return [name, value] as const;
      }),
    )
  );
const ofFiles = paragraphs.filter((fields) => fields.has("Files"));
const texts = paragraphs.filter((fields) => fields.has("License") && !fields.has("Files"));

Deno.test("all that names a licence names Apache-2.0, and its text is here", async () => {
  const [head = ""] = (await Deno.readTextFile(`${root}LICENSE`)).split("TERMS AND CONDITIONS");
  match(head.replaceAll(/\s+/g, " "), /^ ?Apache License Version 2\.0, January 2004 /);
  equal(deno.license, "Apache-2.0");
  match(await Deno.readTextFile(`${root}README.md`), /\[Apache-2\.0\]\(LICENSE\)/);
  const own = ofFiles.find((fields) => fields.get("Files") === "*");
  equal(own?.get("License"), "Apache-2.0");
});

Deno.test("every licence that files are under is there with its text", () => {
  const used = ofFiles.flatMap((fields) => fields.get("License")?.split(" and ") ?? []);
  const told = new Map(texts.map((fields) => {
    const [name = "", ...text] = fields.get("License")?.split("\n") ?? [];
    return [name, text.join(" ")];
  }));
  deepEqual([...told.keys()].sort(), [...new Set(used)].sort());
  for (const [name, text] of told) ok(text.length > 80, name);
  ok(told.get("ISC")?.includes("appear in all copies"));
});

Deno.test("every package in the bundles is named with its licence", async () => {
  const { npm } = JSON.parse(await Deno.readTextFile(`${root}runtime.lock`));
  const bundled = ofFiles.find((fields) => fields.get("Files")?.endsWith("*.js"));
  const comment = bundled?.get("Comment") ?? "";
  const named = new Set(comment.match(/(?:@[\w-]+\/)?[a-z][\w-]+(?=,|\n|$)/g));
  const locked = Object.keys(npm).map((key) => key.slice(0, key.indexOf("@", 1)));
  ok(locked.length > 8);
  deepEqual(locked.filter((name) => !named.has(name)), []);
});
