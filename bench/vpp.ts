/**
 * The VPP side: requests per second, full syncs of 1,000 VIPs with 20 servers each, the time from
 * a detection to the wire, and one reading of the counters. Figures in docs/performance/vpp.md.
 *
 * `deno task bench vpp` runs all of it in about 20 s. The peers are processes of their own:
 * repliers that answer with prepared bytes as fast as they can, and the simulated VPP.
 *
 * @module
 */

import type { LogAttributes, Logger } from "../lib/log/mod.ts";
import { systemClock } from "../lib/time/mod.ts";
import { type ApiClient, connectApi } from "../lib/vpp/client/mod.ts";
import { CounterReader, statsNames } from "../lib/vpp/counters/mod.ts";
import { FlushLedger } from "../lib/vpp/lb/mod.ts";
import { controlPing } from "../lib/vpp/messages/mod.ts";
import { createVpp } from "../lib/vpp/mod.ts";
import { openStatsSegment } from "../lib/vpp/stats/mod.ts";
import { dumpActual, KnownState, Syncer } from "../lib/vpp/sync/mod.ts";
import { BenchChecker, serversPerVip, vipCount } from "./vpp/checker.ts";
import { cpuMs, say, saySpread, timed } from "./vpp/measure.ts";
import { withPeer } from "./vpp/peers.ts";

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: (msg, attributes) => console.error(msg, attributes),
  error: (msg, attributes) => console.error(msg, attributes),
  enabled: () => false,
};

/** A full sync in step without the time that the simulated VPP takes for its answers. */
async function preparedSyncs(folder: string): Promise<void> {
  const path = `${folder}/prepared.sock`;
  await withPeer(["prepared", path], path, async () => {
    const client = await connectApi(path, { log: silent, clock: systemClock, deadlineMs: 60_000 });
    const syncer = new Syncer({
      client,
      checker: new BenchChecker(),
      ledger: new FlushLedger(),
      log: silent,
      clock: systemClock,
      mayTouch: () => true,
      broken: (error) => console.error(error),
    });
    await syncer.adopt();
    for (let i = 0; i < 10; i++) {
      await timed("full sync in step, answers prepared", async () => {
        const counts = await syncer.sync();
        if (Object.values(counts).some((count) => count > 0)) throw new Error("not in step");
      });
    }
    client.abandon(new Error("done"));
    await client.close();
  });
}

async function requests(folder: string): Promise<void> {
  const path = `${folder}/replier.sock`;
  await withPeer(["replier", path], path, async () => {
    const client = await connectApi(path, { log: silent, clock: systemClock, deadlineMs: 60_000 });
    await ping(client, 50_000, 256);
    for (const window of [1, 64, 256, 1_024]) {
      const total = window === 1 ? 20_000 : 300_000;
      const cpu = cpuMs();
      const start = performance.now();
      await ping(client, total, window);
      const ms = performance.now() - start;
      const perRequest = (cpuMs() - cpu) * 1000 / total;
      say(
        `request and reply, ${window} in flight`,
        `${Math.round(total / ms * 1000).toLocaleString("en")}/s, ` +
          `${perRequest.toFixed(2)} µs of client CPU each ` +
          `(${Math.round(1e6 / perRequest).toLocaleString("en")}/s of capacity)`,
      );
    }
    client.abandon(new Error("done"));
    await client.close();
  });
}

async function ping(client: ApiClient, total: number, window: number): Promise<void> {
  let left = total;
  const one = async () => {
    while (left-- > 0) await client.request(controlPing, {});
  };
  await Promise.all(Array.from({ length: window }, one));
}

/** Notes when full syncs are done. */
class SyncLog implements Logger {
  #done: (() => void) | undefined;
  debug = () => {};
  warn = silent.warn;
  error = silent.error;
  enabled = (level: string) => level !== "debug";

  info = (msg: string, attributes?: LogAttributes) => {
    if (msg === "vpp-lbsync-done" && attributes?.scope === "all") this.#done?.();
  };

  next(): Promise<void> {
    return new Promise((resolve) => this.#done = resolve);
  }
}

async function syncs(folder: string): Promise<void> {
  const apiPath = `${folder}/api.sock`;
  const statsPath = `${folder}/stats.sock`;
  await withPeer(["vpp", apiPath, statsPath], statsPath, async () => {
    const checker = new BenchChecker();
    const log = new SyncLog();
    const acked: (() => void)[] = [];
    let sentAt = 0;
    const vpp = createVpp({
      apiAddr: apiPath,
      statsAddr: statsPath,
      checker,
      log,
      clock: systemClock,
      observer: {
        apiMessage(msg, direction) {
          if (msg === "lb_as_set_weight" && direction === "send") sentAt = performance.now();
        },
        lbSync: () => void acked.shift()?.(),
      },
    });
    await timed("full sync from empty", () => {
      const done = log.next();
      vpp.start();
      return done;
    });
    for (let i = 0; i < 6; i++) await timed("full sync in step", () => vpp.sync());
    const toWire: number[] = [];
    const toAck: number[] = [];
    for (let i = 0; i < 2_000; i++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      acked.push(resolve);
      const start = performance.now();
      checker.set(`b${i % vipCount}-3`, i < vipCount ? "down" : "up");
      await promise;
      toWire.push(sentAt - start);
      toAck.push(performance.now() - start);
      await new Promise((next) => setTimeout(next, 0));
    }
    saySpread("detection to wire", toWire);
    saySpread("detection to VPP's answer", toAck);
    const during: number[] = [];
    const syncing = vpp.sync();
    for (let i = 0; i < 200; i++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      acked.push(resolve);
      const start = performance.now();
      checker.set(`b${i}-4`, "down");
      await promise;
      during.push(sentAt - start);
      await new Promise((next) => setTimeout(next, 0));
    }
    await syncing;
    saySpread("detection to wire, while a full sync runs", during);
    await vpp.close();
    await counters(apiPath, statsPath);
  });
}

async function counters(apiPath: string, statsPath: string): Promise<void> {
  const client = await connectApi(apiPath, {
    log: silent,
    clock: systemClock,
    deadlineMs: 10_000,
  });
  using segment = await openStatsSegment(statsPath, {
    clock: systemClock,
    names: Object.values(statsNames),
    deadlineMs: 10_000,
  });
  for (let i = 0; i < 3; i++) {
    await timed("dump alone, of which most is the simulated VPP's", async () => {
      await dumpActual(client, systemClock);
    });
  }
  const known = new KnownState();
  known.startDump();
  known.finishDump(await dumpActual(client, systemClock));
  const reader = new CounterReader(client, segment, known, systemClock);
  const first = performance.now();
  await reader.read();
  say("first counters read, routes looked up", `${(performance.now() - first).toFixed(0)} ms`);
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    await reader.read();
    times.push(performance.now() - start);
  }
  saySpread(`counters read, ${vipCount} VIPs and ${vipCount * serversPerVip} servers`, times);
  await client.close();
}

const folder = await Deno.makeTempDir();
try {
  await requests(folder);
  await preparedSyncs(folder);
  await syncs(folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
