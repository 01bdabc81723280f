/**
 * What `bench/isolation.ts` measures: a checker with many backends, its threads, and the API, in
 * this process. Prints the API's address; then answers each line on standard input with one on
 * standard output: `stats` with how probing keeps up, `reload` when a configuration in which every
 * backend is probed at other times is in force.
 */

import { Checker } from "../../lib/checker/mod.ts";
import { EventStream } from "../../lib/events/mod.ts";
import { createLogger } from "../../lib/log/mod.ts";
import { descriptorLimit } from "../../lib/net/mod.ts";
import { ProbeThreads } from "../../lib/probing/mod.ts";
import { systemClock as clock } from "../../lib/time/mod.ts";
import { sketch } from "../../tests/checker/support/bench.ts";
import { tcpCheck } from "../../tests/probes/support/checks.ts";
import { backendAddress } from "../probes/load.ts";
import { serveApi } from "../rpc/serving.ts";

const [count = 10_000, port = 80] = Deno.args.map(Number);
const fatal = (error: Error) => {
  throw error;
};

/** All backends, probed each 5 s, or a little more. */
function config(moreMs: number) {
  const intervalMs = 5_000 + moreMs;
  const timing = { intervalMs, fastIntervalMs: intervalMs, downIntervalMs: intervalMs };
  const names = Array.from({ length: count }, (_, i) => [i, `backend-${i}`] as const);
  return sketch({
    checks: [tcpCheck({ ...timing, port, timeoutMs: 2_000 })],
    backends: Object.fromEntries(names.map(([i, name]) => [name, { at: backendAddress(i) }])),
    frontends: { all: [Object.fromEntries(names.map(([, name]) => [name, 100]))] },
  });
}

const log = createLogger({
  ...{ level: "error", clock },
  sink: { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) },
});
const events = new EventStream(clock, log);
await using threads = new ProbeThreads({
  ...{ clock, log, version: "bench", fatal },
  descriptorLimit: descriptorLimit(),
});
using checker = new Checker({ config: config(0), probing: threads.start, clock, log, events });
const server = serveApi(checker, events, log);
console.log(server.address);

let reloads = 0;
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  if (text.startsWith("reload")) await checker.reload(config(++reloads % 2));
  let failures = 0;
  for (const name of checker.backendNames()) {
    if (checker.backend(name)?.state === "down") failures++;
  }
  console.log(JSON.stringify({ ...checker.stats(), failures }));
}
