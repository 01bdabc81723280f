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
import {
  type ApiClient,
  connectApi,
  openStatsSegment,
  type StatsSegment,
} from "../lib/vppclient/mod.ts";
import { CounterReader, statsNames } from "../lib/vpp/counters.ts";
import { controlPing } from "../lib/gen/vpp.ts";
import type { Vpp } from "../lib/vpp/mod.ts";
import { KnownState } from "../lib/vpp/state/known.ts";
import { readSnapshot } from "../lib/vpp/state/snapshot.ts";
import { BenchDaemon, serversPerVip, silent, vipCount } from "./vpp/daemon.ts";
import { cpuMs, say, saySpread, timed } from "./vpp/measure.ts";
import { withPeer } from "./vpp/peers.ts";

/** A full sync in step without the time that the simulated VPP takes for its answers. */
async function preparedSyncs(folder: string): Promise<void> {
  const apiAddr = `${folder}/prepared.sock`;
  const zeros = { packets: () => 0, bytes: () => 0 };
  const view = { scalar: () => 1, simple: () => () => 0, combined: () => zeros };
  const segment: StatsSegment = {
    read: (look) => Promise.resolve(look(view)),
    [Symbol.dispose]: () => {},
  };
  await withPeer(["prepared", apiAddr], apiAddr, async () => {
    const openSegment = () => Promise.resolve(segment);
    await using daemon = await BenchDaemon.start({
      ...{ apiAddr, statsAddr: "", log: silent, openSegment },
    });
    const { vpp } = daemon;
    vpp.start();
    await inStep(vpp);
    for (let i = 0; i < 10; i++) {
      await timed("full sync in step, answers prepared", () => vpp.sync());
    }
  });
}

async function inStep(vpp: Vpp): Promise<void> {
  while (vpp.step()?.inStep !== true) await new Promise((next) => setTimeout(next, 5));
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
    const log = new SyncLog();
    const acked: (() => void)[] = [];
    let sentAt = 0;
    await using daemon = await BenchDaemon.start({
      apiAddr: apiPath,
      statsAddr: statsPath,
      log,
      observer: {
        apiMessage(msg, direction) {
          if (msg === "lb_as_set_weight" && direction === "send") sentAt = performance.now();
        },
        lbSync: () => void acked.shift()?.(),
        altered: () => {},
      },
    });
    const { vpp } = daemon;
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
      await daemon.set(`b${i % vipCount}-3`, i >= vipCount);
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
      await daemon.set(`b${i}-4`, false);
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
      await readSnapshot(client, systemClock);
    });
  }
  const known = new KnownState();
  known.startDump();
  known.finishDump((await readSnapshot(client, systemClock)).vips);
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
