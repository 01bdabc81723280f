import assert from "node:assert/strict";
import { completeLine, helpAt } from "../../../lib/cli/shell/completion.ts";
import { plainStyle } from "../../../lib/cli/style.ts";
import { fixedClient } from "../support/fixture.ts";

const context = { clients: [fixedClient()], style: plainStyle, width: 80 };

/** The line after Tab at the bar, with the bar where the cursor then is. */
async function tab(typed: string): Promise<string> {
  const cursor = typed.indexOf("|");
  const line = typed.replace("|", "");
  const { insert, behind } = await completeLine(context, line, cursor);
  return `${line.slice(0, cursor)}${insert}|${line.slice(cursor + behind)}`;
}

/** What `?` prints behind `line`. */
async function help(line: string): Promise<string> {
  return await helpAt(context, line, line.length) ?? "";
}

Deno.test("a name that was begun in quotes ends in them, before the blank", async () => {
  assert.equal(await tab(`show backends "nginx0|`), `show backends "nginx0" |`);
  assert.equal(await tab(`show backends 'sp|`), `show backends 'spare' |`);
  assert.equal(await tab(`show backends "ngi|`), `show backends "nginx|`);
  assert.equal(await tab(`show backends "sp|are"`), `show backends "spare" |`);
  assert.equal(await tab(`show backends "spare"|`), `show backends "spare" |`);
});

Deno.test("what stands behind the cursor already is not put in twice", async () => {
  assert.equal(await tab("show backends sp|are"), "show backends spare |");
  assert.equal(await tab("show backends sp|a"), "show backends spare |");
  assert.equal(await tab("show backends n|gi"), "show backends nginx|");
  assert.equal(await tab("show backends n|ginx1"), "show backends nginx|1");
  assert.equal(await tab("sh|ow backends"), "show| backends");
  assert.equal(await tab("sh|x backends"), "show|x backends");
});

Deno.test("flags of the line are completed, and hide nothing of what may stand beside them", async () => {
  assert.equal(await tab("set backend spare pause --d|"), "set backend spare pause --dry-run |");
  assert.equal(await tab("--json show backends sp|"), "--json show backends spare |");
  assert.equal(await tab("wait --timeout 5s backend sp|"), "wait --timeout 5s backend spare |");
  assert.equal(await tab("show --color=false b|"), "show --color=false b|");
  assert.match(await help("--json show backends spare "), /^ {2}down .*\n[^]*<enter>/);
  assert.equal(
    await help("set backend spare pause --d"),
    "  --dry-run  Only tell what a change would come to",
  );
  assert.equal(await help("show --bogus "), "unknown flag --bogus; see maglevc --help");
});
