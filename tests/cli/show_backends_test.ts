import assert from "node:assert/strict";
import { parseFlags } from "../../lib/cli/flags.ts";
import { connectTo } from "../../lib/cli/client.ts";
import { execute, parseCommand } from "../../lib/cli/execute.ts";
import { runOnce } from "../../lib/cli/oneshot.ts";
import { plainStyle } from "../../lib/cli/style.ts";
import { serve } from "../rpc/harness.ts";

const never = new AbortController().signal;

async function names(server: string, line: string): Promise<string> {
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  const flags = parseFlags(["--json", ...line.split(" ")], { get: () => undefined });
  const code = await runOnce({ ...flags, server }, { out: note, err: note }, never);
  if (code !== 0) return said.join("\n");
  const found = JSON.parse(said.join("\n")) as { name: string; changes?: number }[];
  return found.map(({ name, changes }) => `${name}${changes ? ` ${changes}` : ""}`).join(", ");
}

Deno.test("backends are chosen by a pattern, by their state and by what was said of them", async () => {
  await using harness = await serve();
  const { address, bed } = harness;
  bed.move("web0", "up");
  bed.move("web1", "down");
  bed.move("web2", "paused");
  bed.move("web3", "disabled");
  assert.equal(await names(address, "show backends web[01]"), "web0, web1");
  assert.equal(await names(address, "show backends down"), "web1");
  assert.equal(await names(address, "show backends by-hand"), "web2, web3");
  assert.equal(await names(address, "show backends web[0-2] by-hand"), "web2");
  assert.equal(await names(address, "show backends db* down"), "error: no backend matches db*");
});

Deno.test("backends that flap come by how often they changed", async () => {
  await using harness = await serve();
  const { address, bed } = harness;
  for (let i = 0; i < 2; i++) {
    bed.move("web1", "up");
    bed.move("web1", "down");
  }
  for (let i = 0; i < 4; i++) {
    bed.move("web2", "up");
    bed.move("web2", "down");
  }
  bed.move("web0", "up");
  const lines: string[] = [];
  const note = (text: string) => void lines.push(...text.split("\n"));
  using connection = connectTo(address);
  const show = (line: string) =>
    execute(parseCommand(line.split(" ")), {
      ...{ client: connection.client, server: address, style: plainStyle, json: false },
      ...{ signal: never, memory: new Map(), dryRun: false, timeout: undefined },
      ...{ now: () => bed.clock.wall(), print: note, note, agree: () => Promise.resolve(true) },
    });
  await show("show backends flapping");
  const table = lines.map((line) => line.split(/ {2,}/));
  assert.equal(table[0]?.[6], "changes in 10m");
  assert.deepEqual(table.slice(1).map((cells) => `${cells[0]} ${cells[6]}`), ["web2 8", "web1 4"]);
  lines.length = 0;
  await show("show backends web[013] flapping");
  assert.deepEqual(lines.slice(1).map((line) => line.split(" ")[0]), ["web1"]);
});

Deno.test("a filter is no abbreviation: a name may stand in its place", async () => {
  await using harness = await serve();
  assert.match(await names(harness.address, "show backends dow"), /backend "dow" not found/);
});
