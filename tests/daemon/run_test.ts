import { equal, match } from "node:assert/strict";
import { runMaglevd } from "../../lib/daemon/mod.ts";

Deno.test("an error that nobody expected is a fault, and no broken configuration", async () => {
  const said: string[] = [];
  const original = console.error;
  console.error = (text: string) => void said.push(text);
  try {
    const arguments_: string[] = JSON.parse("[null]");
    equal(await runMaglevd(arguments_), 4);
  } finally {
    console.error = original;
  }
  match(said.join("\n"), /^maglevd: TypeError: .*\n +at /);
});
