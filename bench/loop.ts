/**
 * How long anything holds the event loop of a maglevd with many backends, a simulated VPP and a
 * state directory: each call, the largest operations, reloads, scrapes, syncs.
 * `deno task bench loop [BACKENDS [WORD [ROUNDS]]]`, 10,000 unless told otherwise; with WORD only
 * what has it in its name.
 *
 * @module
 */

import { SimulatedVpp } from "../lib/sim/mod.ts";
import { configOf, inFirst, type Variant } from "./loop/config.ts";
import { WatchedMaglevd } from "./loop/maglevd.ts";
import { program } from "../tools/attack/site/site.ts";

const count = Number(Deno.args[0] ?? 10_000);
const wanted = Deno.args[1] ?? "";
const rounds = Number(Deno.args[2] ?? 3);
/** Until all backends are up and VPP has them. */
const comeUpMs = 25_000;
/** After each piece of work. */
const restMs = 400;
/** What nothing may exceed (CONTRIBUTING.md, house rules). */
const limitMs = 10;

const folder = await Deno.makeTempDir({ prefix: "mgl-loop-" });
const paths = {
  config: `${folder}/maglev.yaml`,
  state: `${folder}/state`,
  vpp: { apiPath: `${folder}/api.sock`, statsPath: `${folder}/stats.sock` },
};
await using servers = program("site/servers.ts", "127.0.0.1");
const { tcp: port } = JSON.parse(await servers.line());
const usual: Variant = { backends: count, intervalSeconds: 20, port };
const vpp = new SimulatedVpp({ ...paths.vpp, workers: 1 });
vpp.start();

async function write(variant: Partial<Variant>): Promise<void> {
  await Deno.writeTextFile(paths.config, configOf({ ...usual, ...variant }));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What runs: it is started twice. */
interface Running {
  readonly maglevd: WatchedMaglevd;
  readonly api: string;
  readonly metrics: string;
}

async function start(): Promise<Running> {
  const maglevd = new WatchedMaglevd([
    ...["--config", paths.config, "--state-dir", paths.state],
    ...["--grpc-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"],
    ...["--vpp-api-addr", paths.vpp.apiPath, "--vpp-stats-addr", paths.vpp.statsPath],
  ]);
  const [metrics, api] = await Promise.all([
    maglevd.line(/"msg":"metrics-listening"/),
    maglevd.line(/"msg":"api-listening"/),
  ]);
  return { maglevd, api: JSON.parse(api).addr, metrics: JSON.parse(metrics).addr };
}

await write({});
const { maglevd, api, metrics } = await start();

async function call(method: string, request: object = {}): Promise<string> {
  const response = await fetch(`http://${api}/maglev.Maglev/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method}: ${text}`);
  return text;
}

/** The same as protobuf, without fields. */
async function callBinary(method: string, request = new Uint8Array()): Promise<void> {
  const response = await fetch(`http://${api}/maglev.Maglev/${method}`, {
    method: "POST",
    headers: { "content-type": "application/proto" },
    body: request,
  });
  if (!response.ok) throw new Error(`${method}: ${await response.text()}`);
  await response.arrayBuffer();
}

async function scrape(encoding: string): Promise<void> {
  const headers = { "accept-encoding": encoding };
  await (await fetch(`http://${metrics}/metrics`, { headers })).arrayBuffer();
}

/** Opens a stream of events and reads until the first state of all has come. */
async function watch(): Promise<void> {
  const body = new TextEncoder().encode('{"log": false}');
  const framed = new Uint8Array(5 + body.length);
  new DataView(framed.buffer).setUint32(1, body.length);
  framed.set(body, 5);
  const abort = new AbortController();
  const response = await fetch(`http://${api}/maglev.Maglev/WatchEvents`, {
    method: "POST",
    headers: { "content-type": "application/connect+json" },
    body: framed,
    signal: abort.signal,
  });
  let bytes = 0;
  const limit = setTimeout(() => abort.abort(), 2_000);
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      // Nine tenths of it: what comes after the last is only told when something changes.
      if (bytes > 70 * count) break;
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    clearTimeout(limit);
    abort.abort();
  }
}

const backends = (n: number) => Array.from({ length: n }, (_, i) => `b${i}`);
const thousand = backends(inFirst);
const spread = Array.from({ length: inFirst }, (_, i) => `b${i * Math.floor(count / inFirst)}`);
const operate = (action: string, names: readonly string[], more: object = {}, dryRun = false) =>
  call("Operate", { operations: [{ action, backends: names, ...more }], dryRun });
const inPool = { frontend: "f0", pool: "p" };
const eachByItself = (action: string) =>
  call("Operate", { operations: thousand.map((name) => ({ action, backends: [name] })) });

/** What is done, by its name. */
const works: Readonly<Record<string, () => Promise<unknown>>> = {
  "nothing for a second": () => wait(1_000),
  "ListBackends": () => call("ListBackends"),
  "ListBackends with details, JSON": () => call("ListBackends", { details: true }),
  "ListBackends with details": () => callBinary("ListBackends", new Uint8Array([8, 1])),
  "ListFrontends with details, JSON": () => call("ListFrontends", { details: true }),
  "ListFrontends with details": () => callBinary("ListFrontends", new Uint8Array([8, 1])),
  "GetFrontend of 1,000": () => call("GetFrontend", { name: "f0" }),
  "GetBackend": () => call("GetBackend", { name: "b0" }),
  "GetStatus": () => call("GetStatus"),
  "GetVPPLBState, JSON": () => call("GetVPPLBState"),
  "GetVPPLBState": () => callBinary("GetVPPLBState"),
  "GetVPPLBCounters, JSON": () => call("GetVPPLBCounters"),
  "GetVPPLBCounters": () => callBinary("GetVPPLBCounters"),
  "PlanVPPLBState": () => call("PlanVPPLBState"),
  "SyncVPPLBState dry run": () => call("SyncVPPLBState", { dryRun: true }),
  "SyncVPPLBState": () => call("SyncVPPLBState"),
  "CheckConfig": () => call("CheckConfig"),
  "CheckConfig with the difference": () => call("CheckConfig", { diff: true }),
  "ReloadConfig dry run": () => call("ReloadConfig", { dryRun: true }),
  "ReloadConfig of the same": () => call("ReloadConfig"),
  "WatchEvents, the first state": watch,
  "Operate pause 1,000, dry run": () => operate("pause", thousand, {}, true),
  "Operate pause 1,000 of one frontend": () => operate("pause", thousand),
  "Operate resume 1,000 of one frontend": () => operate("resume", thousand),
  "Operate disable 1,000 of one frontend": () => operate("disable", thousand),
  "Operate enable 1,000 of one frontend": () => operate("enable", thousand),
  "Operate drain 1,000 of one frontend": () => operate("drain", thousand),
  "Operate enable 1,000 that drain": () => operate("enable", thousand),
  "Operate disable 1,000, an operation each": () => eachByItself("disable"),
  "Operate enable 1,000, an operation each": () => eachByItself("enable"),
  "Operate disable 1,000 of all frontends": () => operate("disable", spread),
  "Operate enable 1,000 of all frontends": () => operate("enable", spread),
  "Operate weight 1,000, dry run": () =>
    operate("weight", thousand, { ...inPool, weight: 50 }, true),
  "Operate weight 1,000": () => operate("weight", thousand, { ...inPool, weight: 50 }),
  "GetFrontend of 1,000 set by hand": () => call("GetFrontend", { name: "f0" }),
  "Operate reset frontend": () =>
    call("Operate", { operations: [{ action: "reset", frontend: "f0" }] }),
  "Operate weight 1,000 again": () => operate("weight", thousand, { ...inPool, weight: 60 }),
  "Operate pause 1,000 again": () => operate("pause", spread),
  "Operate reset-all, dry run": () =>
    call("Operate", { operations: [{ action: "reset-all" }], dryRun: true }),
  "Operate reset-all": () => call("Operate", { operations: [{ action: "reset-all" }] }),
  "ListEvents 1,000, JSON": () => call("ListEvents", { limit: 1_000 }),
  "ListEvents oldest first": () => call("ListEvents", { limit: 1_000, oldestFirst: true }),
  "ListEvents that finds nothing": () => call("ListEvents", { limit: 1_000, backend: "nobody" }),
  "a scrape": () => scrape("identity"),
  "a scrape, compressed": () => scrape("gzip"),
  "reload, all checks at other times": async () => {
    await write({ intervalSeconds: 21 });
    await maglevd.reload();
  },
  "reload, back": async () => {
    await write({});
    await maglevd.reload();
  },
  "reload without a tenth": async () => {
    await write({ backends: count * 0.9 });
    await maglevd.reload();
  },
  "reload with it again": async () => {
    await write({});
    await maglevd.reload();
  },
};

console.log(`${count} backends, of which frontend f0 has ${inFirst}; all come up`);
await wait(comeUpMs);
for (let round = 1; round <= rounds; round++) {
  console.log(`round ${round} of ${rounds}`);
  for (const [name, work] of Object.entries(works)) {
    if (!name.includes(wanted)) continue;
    await maglevd.held();
    const begun = performance.now();
    await work();
    const took = performance.now() - begun;
    // What it leaves to be done, such as telling and keeping what happened.
    await wait(restMs);
    const { loop } = await maglevd.held();
    const figures = `${took.toFixed(0).padStart(6)} ms, held for ${loop.toFixed(1)} ms`;
    console.log(`${loop > limitMs ? "*" : " "} ${name.padEnd(42)} ${figures}`);
  }
}
await maglevd.stop();
const again = await start();
const { loop } = await again.maglevd.held();
console.log(`started again with what was kept: held for ${loop.toFixed(0)} ms until it listened`);
await again.maglevd[Symbol.asyncDispose]();
await maglevd[Symbol.asyncDispose]();
await vpp.stop();
await Deno.remove(folder, { recursive: true });
