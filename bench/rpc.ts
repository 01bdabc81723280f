/**
 * Unary calls and idle streams: our server on Deno against connect-node on Node, and Go's gRPC
 * where that is installed, with h2load and grpc-js as clients, alternating in one run.
 * `deno task bench rpc [ROUNDS]`, 3 rounds unless told otherwise.
 *
 * @module
 */

import { buildGoServer } from "./rpc/go_peer.ts";
import { h2load } from "./rpc/h2load.ts";
import type { Load } from "./rpc/h2load.ts";
import { healthDescriptor, installPeers } from "./rpc/node_peers.ts";
import { output, Peer } from "./rpc/processes.ts";

const seconds = 3;
/** Both clients begin so long before they count. */
const warmUpSeconds = 1;
const idleSeconds = 20;
const streams = 500;
const service = Uint8Array.from([10, 13, ...new TextEncoder().encode("maglev.Maglev")]);
const hex = Array.from(service, (byte) => byte.toString(16).padStart(2, "0")).join("");
const count = Number(Deno.args[0] ?? 3);

const peers = await installPeers();
const descriptor = await healthDescriptor();

const goServer = await buildGoServer();

/** How each server is started; all print their address. */
const servers: Readonly<Record<string, () => Peer>> = {
  "ours": () => {
    const script = new URL("rpc/health_server.ts", import.meta.url).pathname;
    return new Peer(Deno.execPath(), ["run", "-A", script]);
  },
  "connect-node": () => {
    const script = `${peers}/connect_node_server.mjs`;
    return new Peer("node", [script], { HEALTH_DESCRIPTOR: descriptor });
  },
  ...goServer !== undefined && { "go": () => new Peer(goServer, []) },
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

/** A server under load. */
interface Contestant {
  readonly server: Peer;
  readonly address: string;
}

/** What a server did in one round: with the CPU that each call took it, in microseconds. */
interface Round extends Load {
  readonly cpu: number;
}

async function compareCalls(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const contestants = new Map<string, Contestant>();
  for (const [name, start] of Object.entries(servers)) {
    const server = stack.use(start());
    contestants.set(name, { server, address: await server.line() });
  }
  for (const [name, client] of Object.entries(clients)) {
    for (const concurrency of [32, 1]) await compare(name, client, concurrency, contestants);
  }
}

async function compare(
  name: string,
  client: Client,
  concurrency: number,
  contestants: ReadonlyMap<string, Contestant>,
): Promise<void> {
  const rounds = new Map<string, Round[]>([...contestants.keys()].map((server) => [server, []]));
  for (let round = 0; round < count; round++) {
    for (const [which, { server, address }] of contestants) {
      const before = server.cpu();
      const load = await client(address, concurrency);
      const calls = load.rate * (seconds + warmUpSeconds);
      rounds.get(which)?.push({ ...load, cpu: (server.cpu() - before) * 1e6 / calls });
    }
  }
  for (const [server, of] of rounds) {
    const figure = (each: keyof Round) => median(of.map((round) => round[each]));
    const what = `${name.padEnd(8)} 1 x ${String(concurrency).padEnd(3)} ${server.padEnd(13)}`;
    console.log(
      `${what} ${figure("rate").toFixed(0).padStart(7)}/s  p50 ${figure("p50").toFixed(2)} ms  ` +
        `p99 ${figure("p99").toFixed(2)} ms  ${figure("cpu").toFixed(0)} us of CPU a call`,
    );
  }
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
