/**
 * Unary calls and idle streams: our server on Deno against connect-node on Node, with h2load and
 * grpc-js as clients, alternating in one run.
 * `deno task bench rpc [ROUNDS]`, 3 rounds unless told otherwise.
 *
 * @module
 */

import { h2load } from "./rpc/h2load.ts";
import type { Load } from "./rpc/h2load.ts";
import { healthDescriptor, installPeers } from "./rpc/node_peers.ts";
import { output, Peer } from "./rpc/processes.ts";

const seconds = 3;
const idleSeconds = 20;
const streams = 500;
const service = Uint8Array.from([10, 13, ...new TextEncoder().encode("maglev.Maglev")]);
const hex = Array.from(service, (byte) => byte.toString(16).padStart(2, "0")).join("");
const rounds = Number(Deno.args[0] ?? 3);

const peers = await installPeers();
const descriptor = await healthDescriptor();

/** How each server is started; both print their address. */
const servers: Readonly<Record<string, () => Peer>> = {
  "ours": () => {
    const script = new URL("rpc/health_server.ts", import.meta.url).pathname;
    return new Peer(Deno.execPath(), ["run", "-A", script]);
  },
  "connect-node": () => {
    const script = `${peers}/connect_node_server.mjs`;
    return new Peer("node", [script], { HEALTH_DESCRIPTOR: descriptor });
  },
};

type Client = (address: string, concurrency: number) => Promise<Load>;

const clients: Readonly<Record<string, Client>> = {
  "h2load": (address, concurrency) => {
    const path = "/grpc.health.v1.Health/Check";
    return h2load({ address, path, message: service }, concurrency, seconds);
  },
  "grpc-js": async (address, concurrency) => {
    const call = [address, "/grpc.health.v1.Health/Check", hex, "calls", concurrency, seconds];
    return JSON.parse(await output("node", [`${peers}/grpc_js_client.mjs`, ...call.map(String)]));
  },
};

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function compareCalls(): Promise<void> {
  await using ours = servers.ours?.();
  await using theirs = servers["connect-node"]?.();
  if (!ours || !theirs) return;
  const addresses = { "ours": await ours.line(), "connect-node": await theirs.line() };
  for (const [name, client] of Object.entries(clients)) {
    for (const concurrency of [32, 1]) await compare(name, client, concurrency, addresses);
  }
}

async function compare(
  name: string,
  client: Client,
  concurrency: number,
  addresses: Readonly<Record<string, string>>,
): Promise<void> {
  const loads = new Map<string, Load[]>(Object.keys(addresses).map((server) => [server, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [server, address] of Object.entries(addresses)) {
      loads.get(server)?.push(await client(address, concurrency));
    }
  }
  const rates = [...loads].map(([server, of]) => {
    const rate = median(of.map((load) => load.rate));
    const p50 = median(of.map((load) => load.p50)).toFixed(2);
    const p99 = median(of.map((load) => load.p99)).toFixed(2);
    const what = `${name.padEnd(8)} 1 x ${String(concurrency).padEnd(3)} ${server.padEnd(13)}`;
    console.log(`${what} ${rate.toFixed(0).padStart(7)}/s  p50 ${p50} ms  p99 ${p99} ms`);
    return rate;
  });
  console.log(`${" ".repeat(17)}ratio ${((rates[0] ?? NaN) / (rates[1] ?? NaN)).toFixed(1)}`);
}

/** CPU and memory of streams on which nothing happens, on a server that has done nothing else. */
async function idle(name: string, start: () => Peer): Promise<void> {
  await using server = start();
  const address = await server.line();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = server.memory();
  const watch = [address, "/grpc.health.v1.Health/Watch", hex, "streams", String(streams)];
  await using client = new Peer("node", [`${peers}/grpc_js_client.mjs`, ...watch]);
  await client.line();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const [cpu, memory] = [server.cpu(), server.memory()];
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
  const perMinute = (server.cpu() - cpu) * 60_000 / idleSeconds;
  const kilobytes = (memory - before) / streams / 1024;
  console.log(
    `${streams} idle streams  ${name.padEnd(13)} ${perMinute.toFixed(0)} ms CPU a minute, ` +
      `${kilobytes.toFixed(0)} KB a stream`,
  );
}

await compareCalls();
for (const [name, start] of Object.entries(servers)) await idle(name, start);
