import assert from "node:assert/strict";
import { defaultFloodBudgets, defaultLimits } from "../../lib/h2/mod.ts";

const docs = await Deno.readTextFile(new URL("../../docs/http2.md", import.meta.url));

async function sources(folder: URL): Promise<string> {
  let all = "";
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) all += await sources(new URL(`${entry.name}/`, folder));
    else if (entry.name.endsWith("_test.ts")) {
      all += await Deno.readTextFile(new URL(entry.name, folder));
    }
  }
  return all;
}

/** The rows of all tables below a heading and above the next of its rank, cell by cell. */
function rows(heading: string): string[][] {
  const rank = heading.slice(0, heading.indexOf(" ") + 1);
  const section = docs.split(`\n${heading}\n`)[1]?.split(`\n${rank}`)[0] ?? "";
  const lines = section.split("\n").filter((line) => /^\| (?!---)/.test(line));
  return lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function unquote(cell = ""): string {
  return cell.replaceAll("`", "");
}

Deno.test("every test that the conformance tables name exists", async () => {
  const text = await sources(new URL("./", import.meta.url));
  const tables = ["### RFC 9113", "### RFC 7541", "### Beyond the RFCs"].map(rows);
  for (const table of tables) {
    assert.equal(table.length > 20, true);
    for (const [, , name] of table.slice(1)) {
      assert.equal(text.includes(`"${unquote(name)}"`), true, `no test is named ${name}`);
    }
  }
});

Deno.test("the limits in the documentation are the defaults", () => {
  const documented = rows("## Limits");
  const budgetsAt = documented.findIndex(([name]) => name === "budget");
  const limits = documented.slice(1, budgetsAt).map((
    [name, value],
  ) => [unquote(name), Number(value)]);
  assert.deepEqual(Object.fromEntries(limits), defaultLimits);
  const budgets = documented.slice(budgetsAt + 1).map(([name, burst, perSecond, perFrame]) => [
    unquote(name),
    { burst: Number(burst), perSecond: Number(perSecond), perFrame: Number(perFrame) },
  ]);
  assert.deepEqual(Object.fromEntries(budgets), defaultFloodBudgets);
});
