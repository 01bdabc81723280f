/**
 * The whole API over a checker with many backends, probed every two seconds. Prints its address;
 * for each line it reads, it prints how late a timer due every 2 ms was since the last: p99 and
 * worst, in milliseconds. `events N` begins to write N log records a second.
 */

import { createChecker } from "../../lib/checker/mod.ts";
import { createLogger } from "../../lib/log/mod.ts";
import type { StartProbe } from "../../lib/probes/mod.ts";
import { startRpcServer } from "../../lib/rpc/mod.ts";
import { systemClock as clock } from "../../lib/time/mod.ts";
import { smallConfig } from "../../tests/rpc/fake_checker.ts";

const startProbe: StartProbe = (_, done) => {
  const timer = clock.after(1, () => {
    done({ ok: true, code: "L7OK", detail: "status 200", durationMs: 1 });
  });
  return () => timer.cancel();
};

const sink = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) };
const log = createLogger({ level: "warn", sink, clock });
const config = smallConfig(Number(Deno.args[0]));
const checker = createChecker({ config, startProbe, clock, log, random: Math.random });
const never = () => Promise.resolve({ kind: "ok" } as const);
const server = await startRpcServer({
  addr: "127.0.0.1:0",
  checker,
  logs: log,
  log,
  vpp: undefined,
  config: { check: never, reload: never },
  observer: { started() {}, handled() {}, msgReceived() {}, msgSent() {} },
});
console.log(server.address);

let lags: number[] = [];
let due = performance.now() + 2;
setTimeout(function tick() {
  lags.push(Math.max(0, performance.now() - due));
  due = performance.now() + 2;
  setTimeout(tick, 2);
}, 2);

for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const rate = Number(/^events (\d+)/.exec(text)?.[1] ?? 0);
  if (rate > 0) {
    setInterval(() => {
      const count = Math.round(rate / 100);
      for (let i = 0; i < count; i++) log.info("vpp-lbsync-done", { scope: "all", changes: i });
    }, 10);
  }
  lags.sort((a, b) => a - b);
  console.log(`${lags[Math.floor(lags.length * 0.99)]} ${lags.at(-1)}`);
  lags = [];
}
