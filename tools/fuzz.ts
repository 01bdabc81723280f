/**
 * Long fuzzing of the HTTP/2 server; a small part of it runs with the tests.
 *
 *     deno run -A tools/fuzz.ts
 *     deno run -A tools/fuzz.ts core --iterations 1000000 --seed 1
 *     deno run -A tools/fuzz.ts sessions --count 50000 --seed 1
 *     deno run -A tools/fuzz.ts sessions --count 50000 --connect 127.0.0.1:9090
 *
 * Without a mode it does the second and the third. A failure names the seed that repeats it.
 */

import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { CoreJob, CoreResult } from "../tests/h2/fuzz/core_worker.ts";
import { assertAnswers, fuzzSessions, type Target } from "../tests/h2/fuzz/sessions.ts";
import { peerHandler, TestServer } from "../tests/h2/support/server.ts";

interface Options {
  readonly seed: number;
  readonly count: number;
  readonly parallel: number;
  readonly connect: string | undefined;
}

interface Mode {
  readonly run: (options: Options) => Promise<void>;
  /** Rounds or sessions, unless the command line says otherwise. */
  readonly count: number;
}

const modes: Record<string, Mode> = {
  core: { run: core, count: 1_000_000 },
  sessions: {
    run: ({ connect, ...rest }) =>
      connect === undefined ? ownServer(rest) : remoteServer(target(connect), rest),
    count: 50_000,
  },
};

/** A round of the core takes a fraction of a millisecond. */
const hangMs = 20_000;

/**
 * Rounds against the bare core, a tenth at a time, with the memory held after each. They run in a
 * worker, so that one that hangs can be told.
 */
async function core({ seed, count }: Options): Promise<void> {
  const start = performance.now();
  const step = Math.max(1, Math.ceil(count / 10));
  const worker = new Worker(new URL("../tests/h2/fuzz/core_worker.ts", import.meta.url), {
    type: "module",
  });
  for (let done = 0; done < count; done += step) {
    const rounds = Math.min(step, count - done);
    const result = await watched(worker, seed + done, rounds);
    if (result.kind === "failed") {
      const again = `repeat it with --seed ${result.seed} --iterations 1`;
      throw new Error(`round failed: ${again}`, { cause: result.error });
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${done + rounds} rounds in ${seconds} s, heap ${mega(result.heapUsed)}`);
  }
  worker.terminate();
}

function watched(worker: Worker, seed: number, count: number): Promise<CoreResult> {
  const progress = new SharedArrayBuffer(4);
  const round = new Int32Array(progress);
  const { promise, resolve, reject } = Promise.withResolvers<CoreResult>();
  let last = -1;
  const watch = setInterval(() => {
    const now = Atomics.load(round, 0);
    if (now === last) reject(new Error(`the round with --seed ${seed + now} hangs`));
    last = now;
  }, hangMs);
  worker.onmessage = ({ data }) => resolve(data);
  const job: CoreJob = { seed, count, progress };
  worker.postMessage(job);
  return promise.finally(() => clearInterval(watch));
}

/** Sessions against a server in this process: it has to answer and hold nothing afterwards. */
async function ownServer(options: Omit<Options, "connect">): Promise<void> {
  const start = performance.now();
  await using server = new TestServer(peerHandler);
  const address = { hostname: "127.0.0.1", port: server.port };
  // What is loaded and allocated for good with the first sessions is no leak.
  await fuzzSessions([address], options.seed, Math.min(2000, options.count), options.parallel);
  await allGone(server);
  const before = await held();
  const step = Math.max(1, Math.ceil(options.count / 10));
  for (let done = 0; done < options.count; done += step) {
    const count = Math.min(step, options.count - done);
    await fuzzSessions([address], options.seed + done, count, options.parallel);
    report(`${done + count} sessions`, start);
  }
  await assertAnswers(address);
  await allGone(server);
  const after = await held();
  console.log("before", before, "after", after);
  if (after.fds > before.fds) throw new Error("file descriptors have leaked");
  if (after.heap > before.heap + 4e6) throw new Error("memory has leaked");
}

async function remoteServer(address: Target, options: Omit<Options, "connect">): Promise<void> {
  const start = performance.now();
  await assertAnswers(address);
  await fuzzSessions([address], options.seed, options.count, options.parallel);
  await assertAnswers(address);
  report(`${options.count} sessions, and it answers`, start);
}

/** Waits until the server has noticed that its clients are gone. */
async function allGone(server: TestServer): Promise<void> {
  await Promise.all([...server.sessions].map((session) => session.closed));
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

async function held(): Promise<{ readonly fds: number; readonly heap: number }> {
  for (let n = 0; n < 4; n++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const fds = [...Deno.readDirSync("/proc/self/fd")].length;
  return { fds, heap: Deno.memoryUsage().heapUsed };
}

function report(what: string, start: number): void {
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const { heapUsed, rss } = Deno.memoryUsage();
  console.log(`${what} in ${seconds} s, heap ${mega(heapUsed)}, resident ${mega(rss)}`);
}

function mega(octets: number): string {
  return `${(octets / 1e6).toFixed(1)} MB`;
}

function target(address: string): Target {
  const [, hostname, port] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? [];
  if (hostname === undefined) throw new Error(`--connect ${address} is not host:port`);
  return { hostname, port: Number(port) };
}

const usage = "usage: fuzz.ts [core|sessions] [--iterations N | --count N] [--seed N] " +
  "[--parallel N] [--connect HOST:PORT]";

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: { type: "string", default: "1" },
      iterations: { type: "string" },
      count: { type: "string" },
      parallel: { type: "string", default: "64" },
      connect: { type: "string" },
    },
  });
  const chosen = positionals.length === 0 ? Object.keys(modes) : positionals;
  for (const name of chosen) {
    const mode = modes[name];
    if (mode === undefined) {
      console.error(usage);
      Deno.exit(2);
    }
    await mode.run({
      seed: Number(values.seed),
      count: Number(values.iterations ?? values.count ?? mode.count),
      parallel: Number(values.parallel),
      connect: values.connect,
    });
  }
}

await main(Deno.args);
