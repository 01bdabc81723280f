import { deepEqual, ok } from "node:assert/strict";
import { parseFlags } from "../../lib/cli/flags.ts";
import { commandTree } from "../../lib/cli/tree.ts";
import { walk } from "../../lib/cli/walk.ts";
import { flags } from "../../lib/daemon/flags.ts";
import { allPages, readPage } from "./support/pages.ts";

/** Commands within a text: whole code spans, and lines of blocks. */
function commandsIn(text: string, program: string): string[] {
  const spans = [...text.matchAll(new RegExp(`\`(${program} [^\`]+)\``, "g"))];
  const lines = [...text.matchAll(new RegExp(`^ *(${program} [^|&>#\n]+)`, "gm"))];
  const inBlocks = lines.filter(({ index }) => isInBlock(text, index));
  return [...spans, ...inBlocks].map(([, command = ""]) => command.trim());
}

function isInBlock(text: string, index: number): boolean {
  return (text.slice(0, index).match(/^```/gm)?.length ?? 0) % 2 === 1;
}

function wordsOf(command: string): string[] {
  return command.split(/\s+/).slice(1).map((word) => word.replaceAll(/^'|'$/g, ""));
}

Deno.test("every maglevc command in any page is one that maglevc understands", async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const path of await allPages()) {
    for (const command of commandsIn(await readPage(path), "maglevc")) {
      if (/…|\\|\d+\.\d+\.\d+ \(/.test(command)) continue;
      const { words, help, version } = parseFlags(wordsOf(command), { get: () => undefined });
      if (words.length === 0 || help || version) continue;
      count++;
      const result = walk(commandTree, words);
      if (result.kind !== "command") wrong.push(`${path}: ${command}`);
    }
  }
  // One is there to show what maglevc says to it.
  deepEqual(wrong.filter((each) => !each.includes("show trees")), []);
  ok(count > 40, `only ${count} found`);
});

Deno.test("every flag of maglevd in any page is one that maglevd has", async () => {
  const known = new Set<string>(flags.map(({ name }) => name));
  const wrong: string[] = [];
  for (const path of await allPages()) {
    for (const command of commandsIn(await readPage(path), "maglevd")) {
      for (const [, name = ""] of command.matchAll(/ --([a-z-]+)/g)) {
        if (!known.has(name)) wrong.push(`${path}: ${command}`);
      }
    }
  }
  deepEqual(wrong, []);
});

Deno.test("every deno task in any page exists", async () => {
  const { tasks } = JSON.parse(await readPage("deno.json"));
  const wrong: string[] = [];
  let count = 0;
  for (const path of await allPages()) {
    for (const [, name = ""] of (await readPage(path)).matchAll(/\bdeno task ([a-z][a-z-]*)/g)) {
      count++;
      if (!(name in tasks)) wrong.push(`${path}: deno task ${name}`);
    }
  }
  deepEqual(wrong, []);
  ok(count > 5);
});
