import { deepEqual, equal, ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createSimulatedVpp, type JournalEntry } from "../../lib/sim/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { makeBundles } from "./bundles.ts";
import { testConfig } from "./configs.ts";
import { Maglevd } from "./maglevd.ts";
import { TestServers } from "./servers.ts";

const backends = ["one", "two", "three", "four"].map((name, i) => ({
  name,
  address: `127.0.0.${51 + i}`,
}));

Deno.test("a maglevd that is killed and started again changes no weight and forgets nobody's word", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers(backends.map(({ address }) => address));
  const folder = await Deno.makeTempDir({ prefix: "maglev-e2e-state-" });
  const [apiPath, statsPath] = [`${folder}/api.sock`, `${folder}/stats.sock`];
  const vpp = createSimulatedVpp({ apiPath, statsPath, clock: systemClock });
  const weights: unknown[] = [];
  vpp.journal.subscribe((entry: JournalEntry) => {
    if (entry.kind === "request" && entry.request.name === "lb_as_set_weight") {
      weights.push(entry.request.fields);
    }
  });
  vpp.start();
  const config = testConfig({ port: servers.port, backends })
    .replaceAll("interval: 100ms", "interval: 60s")
    .replace("lb: { ", "lb: { startup-min-delay: 1s, startup-max-delay: 4s, ");
  const start = () =>
    Maglevd.start(
      ...[bundles.maglevd, config, `--state-dir=${folder}/state`] as const,
      ...[`--vpp-api-addr=${apiPath}`, `--vpp-stats-addr=${statsPath}`],
    );
  const states = async (daemon: Maglevd) => {
    const { body } = await daemon.call("ListBackends", { details: true });
    const { backends } = body as { backends: { name: string; state: string }[] };
    return backends.map(({ name, state }) => `${name} ${state}`);
  };
  try {
    await using first = await start();
    for (const { name } of backends) {
      await first.log("backend-transition", { backend: name, to: "up" });
    }
    await first.call("PauseBackend", { name: "two" });
    await first.call("DisableBackend", { name: "three" });
    const place = { frontend: "www", pool: "primary", backend: "one" };
    await first.call("SetFrontendPoolBackendWeight", { ...place, weight: 42 });
    await eventually(async () =>
      JSON.stringify((await first.call("PlanVPPLBState")).body) === "{}"
    );
    const before = await states(first);
    deepEqual(before, ["four up", "one up", "three disabled", "two paused"]);
    const listed = async (daemon: Maglevd, request: object) => {
      const { body } = await daemon.call("ListEvents", { oldestFirst: true, ...request });
      return (body as { events: Told[] }).events;
    };
    const told = await listed(first, {});
    const kept = (query: string) => inCopy(`${folder}/state`, `${folder}/copy`, query);
    await eventually(() => kept("SELECT weight AS value FROM weights") === 42);
    await eventually(() => kept("SELECT count(*) AS value FROM flushes") === 1);
    const last = Number(told.at(-1)?.seq);
    await eventually(() => Number(kept("SELECT max(seq) AS value FROM events")) >= last);
    first.kill("SIGKILL");
    await first.exit();

    weights.length = 0;
    await using second = await start();
    const restored = await second.log("state-restored");
    deepEqual([restored.backends, restored.weights, restored.health], [4, 1, "counts"]);
    await second.log("vpp-in-step");
    deepEqual(await states(second), before);
    const { body } = await second.call("GetFrontend", { name: "www" });
    equal(
      (body as { pools: { backends: { weight: number }[] }[] }).pools[0]?.backends[0]?.weight,
      42,
    );
    deepEqual(second.entries.filter(({ msg }) => msg === "backend-transition"), []);
    deepEqual(weights, []);
    const after = await listed(second, {});
    deepEqual(after.slice(0, told.length), told, "what happened before is still told");
    const numbers = after.map(({ seq }) => Number(seq));
    deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b), "no number comes twice");
    await second.call("ResumeBackend", { name: "two" });
    await second.log("backend-transition", { backend: "two", to: "up" });
  } finally {
    await vpp.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

/** An event, as JSON has it. */
interface Told {
  readonly seq: string;
}

/** A value of the state's file, which maglevd has for itself: of a copy of it. */
function inCopy(folder: string, copy: string, query: string): unknown {
  for (const suffix of ["", "-wal"]) {
    Deno.copyFileSync(`${folder}/state.db${suffix}`, `${copy}${suffix}`);
  }
  using database = new DatabaseSync(copy);
  return database.prepare(query).get()?.value;
}

/** Waits until it holds; it is asked again and again, for ten seconds. */
async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!await holds()) {
    ok(performance.now() < end, `never came true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
