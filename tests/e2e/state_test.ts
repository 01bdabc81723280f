import { deepEqual, ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type JournalEntry, SimulatedVpp } from "../../lib/sim/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { makeBundles } from "./support/bundles.ts";
import { testConfig } from "./support/configs.ts";
import { Maglevd } from "./support/maglevd.ts";
import { TestServers } from "./support/servers.ts";

const backends = ["one", "two", "three", "four", "five", "six"].map((name, i) => ({
  name,
  address: `127.0.0.${51 + i}`,
}));

/** All of them carry traffic. */
function inOnePool(config: string): string {
  const [primary, fallback] = [/^.*name: primary.*$/m, /\n.*name: fallback.*$/m];
  const members = backends.map(({ name }) => `${name}: {}`).join(", ");
  return config.replace(fallback, "")
    .replace(primary, `        - { name: primary, backends: { ${members} } }`);
}

Deno.test("an upgrade changes no weight and forgets nobody's word, whatever operators had said", async () => {
  await using bundles = await makeBundles();
  await using servers = new TestServers(backends.map(({ address }) => address));
  const folder = await Deno.makeTempDir({ prefix: "maglev-e2e-state-" });
  const [apiPath, statsPath] = [`${folder}/api.sock`, `${folder}/stats.sock`];
  const vpp = new SimulatedVpp({ apiPath, statsPath, clock: systemClock });
  const weights: unknown[] = [];
  vpp.journal.subscribe((entry: JournalEntry) => {
    if (entry.kind === "request" && entry.request.name === "lb_as_set_weight") {
      weights.push(entry.request.fields);
    }
  });
  vpp.start();
  const config = inOnePool(testConfig({ port: servers.port, backends }))
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
    const drained = { ...place, backend: "four" };
    await first.call("SetFrontendPoolBackendWeight", { ...drained, weight: 0 });
    await first.call("DrainBackend", { name: "six", deadlineNs: "3600000000000" });
    await eventually(async () =>
      JSON.stringify((await first.call("PlanVPPLBState")).body) === "{}"
    );
    const before = await states(first);
    deepEqual(before, ["five up", "four up", "one up", "six up", "three disabled", "two paused"]);
    const draining = await drain(first);
    deepEqual([draining?.actor?.name, draining?.deadlineUnixNs !== "0"], ["operator", true]);
    const words = await said(first);
    deepEqual(words.map(({ value, file }) => `${value}, file ${file}`), [
      ...["paused, file enabled", "disabled, file enabled", "draining, file enabled"],
      ...["42, file 100", "0, file 100"],
    ]);
    ok(words.every(({ actor, atUnixNs }) => actor?.name === "operator" && Number(atUnixNs) > 0));
    const weighed = await effective(first);
    deepEqual(weighed, { one: 42, two: 0, three: 0, four: 0, five: 100, six: 0 });
    const listed = async (daemon: Maglevd, request: object) => {
      const { body } = await daemon.call("ListEvents", { oldestFirst: true, ...request });
      return (body as { events: Told[] }).events;
    };
    const told = await listed(first, {});
    const kept = (query: string) => inCopy(`${folder}/state`, `${folder}/copy`, query);
    await eventually(() => kept("SELECT sum(weight) + count(*) AS value FROM weights") === 44);
    await eventually(() => kept("SELECT count(*) AS value FROM flushes") === 1);
    const last = Number(told.at(-1)?.seq);
    await eventually(() => Number(kept("SELECT max(seq) AS value FROM events")) >= last);
    first.kill("SIGKILL");
    await first.exit();

    weights.length = 0;
    await using second = await start();
    const restored = await second.log("state-restored");
    deepEqual([restored.backends, restored.weights, restored.health], [6, 2, "counts"]);
    await second.log("vpp-in-step");
    deepEqual(await states(second), before);
    deepEqual(await said(second), words, "who said it, and when");
    deepEqual(await effective(second), weighed);
    deepEqual(await drain(second), draining, "since when, by whom, and until when");
    deepEqual(second.entries.filter(({ msg }) => msg === "backend-transition"), []);
    deepEqual(weights, []);
    const after = await listed(second, {});
    deepEqual(after.slice(0, told.length), told, "what happened before is still told");
    const numbers = after.map(({ seq }) => Number(seq));
    deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b), "no number comes twice");
    await second.call("ResumeBackend", { name: "two" });
    await second.log("backend-transition", { backend: "two", to: "up" });
    await second.call("EnableBackend", { name: "six" });
    await eventually(async () => (await effective(second)).six === 100);
  } finally {
    await vpp.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

/** What somebody has said by hand, as JSON has it. */
interface Word {
  readonly value: string;
  readonly file: string;
  readonly actor?: { readonly name: string; readonly from: string };
  readonly atUnixNs: string;
}

/** A drain, as JSON has it. */
interface Drain {
  readonly actor?: { readonly name: string; readonly from: string };
  readonly sinceUnixNs: string;
  readonly deadlineUnixNs: string;
}

/** That of the backend that is drained. Its traffic is what a new process has to measure first. */
async function drain(daemon: Maglevd): Promise<Drain | undefined> {
  const { body } = await daemon.call("GetBackend", { name: "six" });
  const { drain } = body as { drain?: Drain };
  if (!drain) return undefined;
  const { actor, sinceUnixNs, deadlineUnixNs } = drain;
  return { ...(actor && { actor }), sinceUnixNs, deadlineUnixNs };
}

interface Member {
  readonly name: string;
  readonly effectiveWeight?: number;
  readonly byHand?: Word;
}

async function members(daemon: Maglevd): Promise<readonly Member[]> {
  const { body } = await daemon.call("GetFrontend", { name: "www" });
  return (body as { pools: { backends: Member[] }[] }).pools.flatMap((pool) => pool.backends);
}

/** Everything that was said by hand: of backends, then of weights. */
async function said(daemon: Maglevd): Promise<Word[]> {
  const infos = await Promise.all(backends.map(({ name }) => daemon.call("GetBackend", { name })));
  const all = [...infos.map(({ body }) => body as Member), ...await members(daemon)];
  return all.flatMap(({ byHand }) => byHand ?? []);
}

/** What VPP is to have. */
async function effective(daemon: Maglevd): Promise<Record<string, number>> {
  const all = await members(daemon);
  return Object.fromEntries(all.map(({ name, effectiveWeight = 0 }) => [name, effectiveWeight]));
}

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
