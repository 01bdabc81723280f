import assert from "node:assert/strict";
import { runOnce } from "../../../lib/cli/oneshot.ts";
import type { ConfigReloadOutcome } from "../../../lib/api/mod.ts";
import { serve } from "../../api/support/harness.ts";

function reload(
  outcome: ConfigReloadOutcome,
  foreseen: ConfigReloadOutcome = outcome.kind === "reload-error" ? { kind: "ok" } : outcome,
  ...words: string[]
) {
  return run(["config", "reload", ...words], outcome, foreseen);
}

async function run(
  words: readonly string[],
  outcome: ConfigReloadOutcome,
  foreseen: ConfigReloadOutcome,
  { dryRun = false, json = false } = {},
) {
  let asked = 0;
  await using harness = await serve({
    config: {
      check: () => Promise.resolve({ kind: "ok" }),
      foresee: () => Promise.resolve(foreseen),
      reload: (_, isForced) => {
        asked++;
        return Promise.resolve(isForced ? { kind: "ok" } : outcome);
      },
    },
  });
  const said: string[] = [];
  const note = (line: string) => void said.push(line);
  const output = { out: note, err: note, ask: () => Promise.resolve() };
  const flags = {
    ...{ server: harness.address, words },
    ...{ color: false, json, yes: false, help: false, version: false },
    ...{ dryRun, keepGoing: false, timeout: undefined, tokenFile: "", security: {} },
  };
  const code = await runOnce(flags, output, new AbortController().signal);
  // maglevd is asked for it whatever is foreseen, so that its journal tells of what it refuses.
  assert.equal(asked, words[1] === "reload" && !dryRun ? 1 : 0);
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

Deno.test("a file that is not valid is called that where nobody has asked for a reload", async () => {
  const broken = { kind: "parse-error", message: "maglev.yaml:3:5: no such key" } as const;
  const told = {
    code: 1,
    said: [
      "error: the file is not valid, and a reload would be refused:\nmaglev.yaml:3:5: no such key",
    ],
  };
  assert.deepEqual(await run(["config", "diff"], broken, broken), told);
  assert.deepEqual(await run(["config", "reload"], broken, broken, { dryRun: true }), told);
});

Deno.test("a reload that is refused tells what it would come to, and how it is had all the same", async () => {
  const change = { kind: "frontend", change: "removed", name: "www", details: [] } as const;
  const refusal = "it would take 2 of 2 VIPs out of service";
  const told = { changes: [change], backends: [], overrides: [], frontends: [], refusal };
  const foreseen = { kind: "ok", reload: told } as const;
  const refused = { kind: "refused", message: `the reload is refused: ${refusal}` } as const;
  assert.deepEqual(await reload({ ...refused, reload: told }, foreseen), {
    code: 1,
    said: [
      "error: config not reloaded, nothing was changed:\n- frontend www removed\n" +
      `no frontend's traffic changes\n${refusal} (maglevc config reload force)`,
    ],
  });
  assert.deepEqual(await reload({ ...refused, reload: told }, { kind: "ok" }), {
    code: 1,
    said: [`error: config not reloaded, nothing was changed:\n${refused.message}`],
  });
  const forced = await reload({ ...refused, reload: told }, foreseen, "force");
  assert.deepEqual(forced, { code: 0, said: ["config reloaded"] });
});

Deno.test("a reload that was asked for on the terminal tells scripts all of it nevertheless", async () => {
  const change = { kind: "frontend", change: "removed", name: "www", details: [] } as const;
  const before = { state: "up", activePool: "p", weight: 1 } as const;
  const removed = {
    danger: "removed",
    ...{ frontend: "www", before, after: undefined, weights: [], hasMore: false },
  } as const;
  const reload = { changes: [change], backends: [], overrides: [], frontends: [removed] };
  const outcome = { kind: "ok", reload } as const;
  const { said } = await run(["config", "reload"], outcome, outcome, { json: true });
  assert.partialDeepStrictEqual(JSON.parse(said.join("")), {
    result: "config reloaded",
    changes: [change],
    vpp: null,
  });
});
