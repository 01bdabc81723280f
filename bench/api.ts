/**
 * The API over many backends: unary calls by h2load, the largest answers, 500 watchers of events,
 * and how long the event loop is held meanwhile.
 * `deno task bench api [BACKENDS]`, 10,000 unless told otherwise.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  GetBackendRequestSchema,
  ListBackendsRequestSchema,
  WatchRequestSchema,
} from "../lib/gen/maglev_pb.ts";
import { h2load } from "./rpc/h2load.ts";
import { installPeers } from "./rpc/node_peers.ts";
import { Peer } from "./rpc/processes.ts";

const backends = Deno.args[0] ?? "10000";
const seconds = 5;
const watchers = 500;
const eventsPerSecond = 100;

const script = new URL("rpc/api_server.ts", import.meta.url).pathname;
await using server = new Peer(Deno.execPath(), ["run", "-A", script, backends]);
const address = await server.line();
// The checker brings all backends up meanwhile.
await new Promise((resolve) => setTimeout(resolve, 5000));
await holds();

/** How long the server's event loop was held since this was called last. */
async function holds(): Promise<string> {
  await server.tell("holds");
  const [p99, worst] = (await server.line()).split(" ").map((each) => Number(each).toFixed(1));
  return `loop held p99 ${p99} ms, at worst ${worst} ms`;
}

async function load(what: string, message: Uint8Array, concurrency: number): Promise<void> {
  const path = `/maglev.Maglev/${what}`;
  const { rate, p50, p99 } = await h2load({ address, path, message }, concurrency, seconds);
  const figures = `${rate.toFixed(0)}/s  p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms`;
  console.log(`${what} 1 x ${concurrency}: ${figures}; ${await holds()}`);
}

async function json(what: string, body: object): Promise<void> {
  const start = performance.now();
  const response = await fetch(`http://${address}/maglev.Maglev/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { length } = await response.text();
  const took = (performance.now() - start).toFixed(0);
  console.log(`${what} as JSON: ${length} bytes in ${took} ms; ${await holds()}`);
}

async function watch(): Promise<void> {
  const request = toBinary(
    WatchRequestSchema,
    create(WatchRequestSchema, { backend: false, frontend: false }),
  );
  const hex = Array.from(request, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const client = `${await installPeers()}/grpc_js_client.mjs`;
  const args = [client, address, "/maglev.Maglev/WatchEvents", hex, "streams", String(watchers)];
  await using reader = new Peer("node", args);
  await reader.line();
  await holds();
  const cpu = server.cpu();
  await server.tell(`events ${eventsPerSecond}`);
  await server.line();
  let messages = 0;
  for (let second = 0; second < seconds; second++) messages += Number(await reader.line());
  const busy = (server.cpu() - cpu) / seconds;
  console.log(
    `${watchers} watchers, ${eventsPerSecond} events a second: ${messages / seconds} messages ` +
      `a second, ${(busy * 100).toFixed(0)} % of a CPU, ` +
      `${(busy * 1e6 * seconds / messages).toFixed(1)} us a message; ${await holds()}`,
  );
}

const getBackend = toBinary(
  GetBackendRequestSchema,
  create(GetBackendRequestSchema, { name: "web7" }),
);
const names = toBinary(ListBackendsRequestSchema, create(ListBackendsRequestSchema, {}));
const details = toBinary(
  ListBackendsRequestSchema,
  create(ListBackendsRequestSchema, { details: true }),
);

console.log(`idle: ${(await new Promise((resolve) => setTimeout(resolve, 5000)), await holds())}`);
await load("GetBackend", getBackend, 32);
await load("GetBackend", getBackend, 1);
await load("ListBackends", names, 1);
console.log("with details:");
await load("ListBackends", details, 1);
await json("ListBackends", {});
await json("ListBackends", { details: true });
await watch();
