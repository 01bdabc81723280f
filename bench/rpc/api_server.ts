/**
 * The whole API over a checker with many backends, probed every two seconds. Prints its address;
 * for each line it reads, it prints how much CPU passed between two turns of a 2 ms timer since the
 * last: p99 and worst, in milliseconds. That is how long other work is held up, whatever else the
 * machine does. `events N` begins to write N log records a second.
 */

import process from "node:process";

import { Checker } from "../../lib/checker/mod.ts";
import { EventStream } from "../../lib/events/mod.ts";
import { createLogger } from "../../lib/log/mod.ts";
import type { StartProbe } from "../../lib/probes/mod.ts";
import { onThisThread } from "../../lib/probing/mod.ts";
import { systemClock as clock } from "../../lib/time/mod.ts";
import { smallConfig } from "../../tests/api/support/small_config.ts";
import { serveApi } from "./serving.ts";

const startProbe: StartProbe = (_, done) => {
  const timer = clock.after(1, () => {
    done({ ok: true, code: "L7OK", detail: "status 200", durationMs: 1 });
  });
  return () => timer.cancel();
};

const sink = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) };
const log = createLogger({ level: "warn", sink, clock });
const config = smallConfig(Number(Deno.args[0]));
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

let holds: number[] = [];
let before = process.cpuUsage();
setInterval(() => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  holds.push((user + system) / 1000);
}, 2);

for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const rate = Number(/^events (\d+)/.exec(text)?.[1] ?? 0);
  if (rate > 0) {
    setInterval(() => {
      const count = Math.round(rate / 100);
      for (let i = 0; i < count; i++) log.info("vpp-lbsync-done", { scope: "all", changes: i });
    }, 10);
  }
  holds.sort((a, b) => a - b);
  console.log(`${holds[Math.floor(holds.length * 0.99)]} ${holds.at(-1)}`);
  holds = [];
}
