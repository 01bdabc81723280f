import assert from "node:assert/strict";
import { runOnce } from "../../lib/cli/oneshot.ts";
import type { ConfigReloadOutcome } from "../../lib/rpc/mod.ts";
import { serve } from "../rpc/harness.ts";

async function reload(outcome: ConfigReloadOutcome) {
  await using harness = await serve({
    config: {
      check: () => Promise.resolve({ kind: "ok" }),
      foresee: () => Promise.resolve(outcome.kind === "reload-error" ? { kind: "ok" } : outcome),
      reload: () => Promise.resolve(outcome),
    },
  });
  const said: string[] = [];
  const output = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
  const flags = {
    ...{ server: harness.address, words: ["config", "reload"] },
    ...{ color: false, json: false, yes: false, help: false, version: false },
    ...{ dryRun: false, keepGoing: false, timeout: undefined },
  };
  const code = await runOnce(flags, output, new AbortController().signal);
  return { code, said };
}

Deno.test("a reload that fails is an answer of the API, and a failure of maglevc", async () => {
  const message = "maglev.yaml:3:5: no such check";
  for (const kind of ["parse-error", "semantic-error", "reload-error"] as const) {
    assert.deepEqual(await reload({ kind, message }), {
      code: 1,
      said: [`error: config not reloaded, nothing was changed:\n${message}`],
    });
  }
  assert.deepEqual(await reload({ kind: "ok" }), { code: 0, said: ["config reloaded"] });
});
