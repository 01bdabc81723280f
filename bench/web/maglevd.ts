/**
 * The API over a checker with many backends, a hundred to a frontend: `maglevd.ts BACKENDS MOST`.
 * Prints its address. `changes N` has probes find backends down and up again, N times a second and
 * at most MOST; `words N` has an operator take backends out and back in.
 */

import { Checker } from "../../lib/checker/mod.ts";
import { EventStream } from "../../lib/events/mod.ts";
import { createLogger } from "../../lib/log/mod.ts";
import type { StartProbe } from "../../lib/probes/mod.ts";
import { onThisThread } from "../../lib/probing/mod.ts";
import { systemClock as clock } from "../../lib/time/mod.ts";
import { httpCheck, sketch } from "../../tests/checker/support/bench.ts";
import { steer } from "../../tests/support/steer.ts";
import { serveApi } from "../rpc/serving.ts";

const backendsPerFrontend = 100;

const [count = 0, most = 0] = Deno.args.map(Number);
const names = Array.from({ length: count }, (_, i) => `web${i}`);
/**
 * Each probe may tell of a change, so there are as many as that takes; and so often that the first
 * ones are spread over all of it, since all others come as these did.
 */
const intervalMs = Math.min(2_000, 1000 * count / most);

let changes = 0;
/** Addresses of backends that fail. */
const failing = new Set<string>();
const startProbe: StartProbe = ({ address }, done) => {
  const timer = clock.after(1, () => {
    if (Math.random() < changes * intervalMs / 1000 / count) {
      if (!failing.delete(address.text)) failing.add(address.text);
    }
    const ok = !failing.has(address.text);
    const [code, detail] = ok ? ["L7OK", "status 200"] as const : ["L7STS", "status 503"] as const;
    done({ ok, code, detail, durationMs: 1 });
  });
  return () => timer.cancel();
};

const frontends: Record<string, Record<string, number>[]> = {};
for (let i = 0; i < names.length; i += backendsPerFrontend) {
  const members = names.slice(i, i + backendsPerFrontend).map((name) => [name, 100] as const);
  frontends[`frontend-${i}`] = [Object.fromEntries(members)];
}
const config = sketch({
  backends: Object.fromEntries(names.map((name) => [name, {}])),
  frontends,
  checks: [{
    ...httpCheck("web"),
    ...{ intervalMs, fastIntervalMs: intervalMs, downIntervalMs: intervalMs, rise: 1, fall: 1 },
  }],
});
const sink = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) };
const log = createLogger({ level: "warn", sink, clock });
const events = new EventStream(clock, log);
const fatal = (error: Error) => {
  throw error;
};
const checker = new Checker({
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
  for (const [, what, wanted] of text.matchAll(/^(changes|words) (\d+)/gm)) {
    if (what === "changes") changes = Number(wanted);
    if (what === "words") rate = Number(wanted);
  }
}
