import assert from "node:assert/strict";
import { count, counterStart, isHealthy } from "../../lib/health/mod.ts";

const guide = new URL("../../docs/healthchecks.md", import.meta.url);

function row(text: string, label: string): string[] {
  const line = text.split("\n").find((line) => line.startsWith(`${label} `));
  assert.ok(line, `the guide has no line "${label}"`);
  return line.trim().split(/\s+/).slice(1);
}

Deno.test("the guide's example of the counter is what the counter does", async () => {
  const text = await Deno.readTextFile(guide);
  const check = { rise: 2, fall: 3 };
  let counter = counterStart(check);
  const [counters, states] = [[`${counter}`], ["?"]];
  for (const result of row(text, "result")) {
    counter = count(counter, result === "+", check);
    counters.push(`${counter}`);
    states.push(isHealthy(counter, check) ? "up" : "dn");
  }
  assert.deepEqual(row(text, "counter"), counters);
  assert.deepEqual(row(text, "state"), states);
});
