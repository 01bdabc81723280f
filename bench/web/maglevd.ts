/**
 * The API over a checker with many backends, a hundred to a frontend, probed every ten seconds.
 * Prints its address. `changes N` has an operator take backends out and back in, N times a second.
 */

import { createChecker } from "../../lib/checker/mod.ts";
import { EventStream } from "../../lib/events/mod.ts";
import { createLogger } from "../../lib/log/mod.ts";
import type { StartProbe } from "../../lib/probes/mod.ts";
import { onThisThread } from "../../lib/probing/mod.ts";
import { systemClock as clock } from "../../lib/time/mod.ts";
import { httpCheck, sketch } from "../../tests/checker/support.ts";
import { steer } from "../../tests/support/steer.ts";
import { serveApi } from "../rpc/serving.ts";

const backendsPerFrontend = 100;

const startProbe: StartProbe = (_, done) => {
  const timer = clock.after(1, () => {
    done({ ok: true, code: "L7OK", detail: "status 200", durationMs: 1 });
  });
  return () => timer.cancel();
};

const names = Array.from({ length: Number(Deno.args[0]) }, (_, i) => `web${i}`);
const frontends: Record<string, Record<string, number>[]> = {};
for (let i = 0; i < names.length; i += backendsPerFrontend) {
  const members = names.slice(i, i + backendsPerFrontend).map((name) => [name, 100] as const);
  frontends[`frontend-${i}`] = [Object.fromEntries(members)];
}
const config = sketch({
  backends: Object.fromEntries(names.map((name) => [name, {}])),
  frontends,
  checks: [{ ...httpCheck("web"), intervalMs: 10_000 }],
});
const sink = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) };
const log = createLogger({ level: "warn", sink, clock });
const events = new EventStream(clock, log);
const fatal = (error: Error) => {
  throw error;
};
const checker = createChecker({
  ...{ config, clock, log, events },
  probing: onThisThread({ startProbe, clock, log, random: Math.random, fatal }),
});
const server = serveApi(checker, events, log);
console.log(server.address);

let rate = 0;
let at = 0;
let owed = 0;
let last = performance.now();
setInterval(() => {
  owed += rate * (performance.now() - last) / 1000;
  last = performance.now();
  for (; owed >= 1; owed--) {
    const name = names[at++ % names.length] ?? "";
    if (checker.backend(name)?.state === "disabled") steer(checker).enable(name);
    else steer(checker).disable(name);
  }
}, 10);

for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const [, wanted] = /^changes (\d+)/.exec(text) ?? [];
  if (wanted !== undefined) rate = Number(wanted);
}
