import { deepEqual, equal, ok } from "node:assert/strict";
import { attacks } from "../../tools/attack/table.ts";
import { sections } from "../../tools/attack/types.ts";
import { readPage, root } from "../docs/support/pages.ts";
import { locked } from "../../tools/programs.ts";

const page = await readPage("docs/security.md");

Deno.test("attacks have names of their own, and no section is without one", () => {
  const names = attacks.map(({ name }) => name);
  equal(new Set(names).size, names.length);
  for (const section of sections) ok(attacks.some((attack) => attack.section === section), section);
});

Deno.test("docs/security.md tells of each attack in its section, and of no other", () => {
  for (const section of sections) {
    const [, text = ""] = page.split(`\n### ${section}\n`);
    const [table = ""] = text.split(/\n##/);
    const told = Array.from(table.matchAll(/^\| `([a-z0-9-]+)`/gm), ([, name]) => name);
    const named = attacks.filter((attack) => attack.section === section).map(({ name }) => name);
    deepEqual(told, named, section);
  }
});

async function attack(...args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...locked, "--no-check", `${root}tools/attack.ts`, ...args],
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("without a name the attacks are listed, an unknown one is refused", async () => {
  const [list, unknown] = await Promise.all([attack(), attack("nonsense")]);
  equal(list.code, 0);
  for (const { name, does } of attacks) ok(list.text.includes(does) && list.text.includes(name));
  equal(unknown.code, 2);
  ok(unknown.text.includes('there is no attack "nonsense"; deno task attack lists them'));
});
