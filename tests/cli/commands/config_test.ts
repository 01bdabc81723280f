import assert from "node:assert/strict";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { Maglev } from "../../../lib/gen/maglev_pb.ts";
import { execute, parseCommand } from "../../../lib/cli/execute.ts";
import { runOnce } from "../../../lib/cli/oneshot.ts";
import type { ConfigReloadOutcome } from "../../../lib/api/mod.ts";
import { plainStyle } from "../../../lib/cli/style.ts";
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
      `no frontend's weights change\n${refusal} (maglevc config reload force)`,
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

Deno.test("of many calls to VPP, and of many flows that move, fifty are told and the rest counted", async () => {
  const told = async (calls: number, kept: number, flows: number, listed = calls + kept) => {
    const kinds = [...Array(kept).fill("vip-kept"), ...Array(calls).fill("as-weight")];
    const changes = kinds.slice(0, listed).map((kind) => ({ kind }));
    const moves = Array.from({ length: flows }, (_, i) => ({ frontend: `f${i}`, share: 1 }));
    const vpp = { changes, total: calls + kept, moves };
    const transport = createRouterTransport(({ service }) =>
      service(Maglev, { checkConfig: () => ({ ok: true, outcome: {}, vpp }) })
    );
    const said: string[] = [];
    await execute(parseCommand(["config", "diff"]), {
      ...{ client: createClient(Maglev, transport), server: "there", style: plainStyle },
      ...{ json: false, dryRun: false, timeout: undefined, memory: new Map(), now: () => 0 },
      ...{ signal: new AbortController().signal, agree: () => Promise.resolve(true) },
      ...{ print: (text) => void said.push(...text.split("\n")), note: () => {} },
    });
    return said.filter((line) => /as-weight|new flows|more|nothing/.test(line))
      .map((line) => line.trim());
  };
  const calls = Array<string>(50).fill("as-weight");
  const flows = (count: number) =>
    Array.from({ length: count }, (_, i) => `of f${i}: 100% of new flows go to another server`);
  assert.deepEqual(await told(50, 7, 0), calls);
  assert.deepEqual(await told(51, 7, 0), [...calls, "and 1 more"]);
  assert.deepEqual(await told(2000, 0, 0, 1000), [...calls, "and 1950 more"]);
  assert.deepEqual(await told(1, 0, 50), ["as-weight", ...flows(50)]);
  assert.deepEqual(await told(1, 0, 52), [
    ...["as-weight", ...flows(50)],
    "and 2 more VIPs whose flows move",
  ]);
  assert.deepEqual(await told(0, 7, 0), ["VPP is told nothing"]);
});
