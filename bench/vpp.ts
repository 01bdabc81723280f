/**
 * The VPP side: requests per second, full syncs of 1,000 VIPs with 20 servers each, the time from
 * a detection to the wire, and one reading of the counters. Figures in docs/performance/vpp.md.
 *
 * `deno task bench vpp` runs all of it in about 20 s. The peers are processes of their own:
 * repliers that answer with prepared bytes as fast as they can, and the simulated VPP.
 *
 * @module
 */

import process from "node:process";
import type { CheckerEvent, CheckerView, FrontendSnapshot } from "../lib/checker/mod.ts";
import type { Backend, Config, Frontend } from "../lib/config/mod.ts";
import { activePool, type BackendState, effectiveWeights } from "../lib/health/mod.ts";
import { type IpAddress, ipFromBytes } from "../lib/ip/mod.ts";
import type { LogAttributes, Logger } from "../lib/log/mod.ts";
import { createSimulatedVpp } from "../lib/sim/mod.ts";
import { systemClock } from "../lib/time/mod.ts";
import { type ApiClient, connectApi } from "../lib/vpp/client/mod.ts";
import { CounterReader, statsNames } from "../lib/vpp/counters/mod.ts";
import { createVpp } from "../lib/vpp/mod.ts";
import type { Message } from "../lib/vpp/codec/mod.ts";
import { FlushLedger } from "../lib/vpp/lb/mod.ts";
import { cliInband, controlPing, lbAsDump, lbConfGet, lbVipDump } from "../lib/vpp/messages/mod.ts";
import { openStatsSegment } from "../lib/vpp/stats/mod.ts";
import { dumpActual, KnownState, Syncer } from "../lib/vpp/sync/mod.ts";

const vipCount = 1_000;
const serversPerVip = 20;
const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: (msg, attributes) => console.error(msg, attributes),
  error: (msg, attributes) => console.error(msg, attributes),
  enabled: () => false,
};

function say(what: string, figure: string): void {
  console.log(`${what.padEnd(58)} ${figure}`);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** How long the event loop did not come round, at worst. */
interface LoopDelay {
  /** By the clock, other programs on the machine included. */
  readonly wallMs: number;
  /** In CPU time of this process, which is what this program is to blame for. */
  readonly cpuMs: number;
}

async function loopDelayDuring(work: () => Promise<void>): Promise<LoopDelay> {
  const worst = { wallMs: 0, cpuMs: 0 };
  let last = { wall: performance.now(), cpu: cpuMs() };
  const look = () => {
    const now = { wall: performance.now(), cpu: cpuMs() };
    worst.wallMs = Math.max(worst.wallMs, now.wall - last.wall);
    worst.cpuMs = Math.max(worst.cpuMs, now.cpu - last.cpu);
    last = now;
  };
  const timer = setInterval(look, 1);
  await work();
  look();
  clearInterval(timer);
  return worst;
}

/** 1,000 frontends with backends of their own; the health of each is what the bench says. */
class BenchChecker implements CheckerView {
  readonly config: Config;
  readonly #states = new Map<string, BackendState>();
  #listener: ((event: CheckerEvent) => void) | undefined;

  constructor() {
    const backends = new Map<string, Backend>();
    const frontends = new Map<string, Frontend>();
    for (let i = 0; i < vipCount; i++) {
      const members = Array.from({ length: serversPerVip }, (_, j) => `b${i}-${j}`);
      for (const [j, name] of members.entries()) {
        const address = v4(10, i >> 8, i & 255, j + 1);
        backends.set(name, { name, address, healthcheck: "hc", enabled: true });
      }
      frontends.set(`f${i}`, {
        name: `f${i}`,
        description: "",
        address: v4(198, 18, i >> 8, i & 255),
        protocol: "tcp",
        port: 80,
        srcIpSticky: false,
        flushOnDown: true,
        pools: [{ name: "p", backends: members.map((backend) => ({ backend, weight: 100 })) }],
      });
    }
    this.config = {
      transitionHistory: 5,
      netns: "",
      lb: {
        ipv4Source: v4(10, 255, 0, 1),
        ipv6Source: ipFromBytes(new Uint8Array(16).fill(1)),
        syncIntervalMs: 3_600_000,
        stickyBucketsPerCore: 65_536,
        flowTimeoutSeconds: 40,
        startupMinDelayMs: 0,
        startupMaxDelayMs: 0,
      },
      healthchecks: new Map(),
      backends,
      frontends,
    };
  }

  set(backend: string, to: BackendState): void {
    const from = this.#states.get(backend) ?? "up";
    this.#states.set(backend, to);
    const frontends = [`f${backend.slice(1).split("-")[0]}`];
    this.#listener?.({ kind: "backend", backend, transition: { from, to, at: 0 }, frontends });
  }

  backendNames = () => [...this.config.backends.keys()];
  frontendNames = () => [...this.config.frontends.keys()];
  healthcheckNames = () => [];
  backend = () => undefined;
  healthcheck = () => undefined;

  frontend(name: string): FrontendSnapshot | undefined {
    const config = this.config.frontends.get(name);
    if (!config) return undefined;
    const stateOf = (backend: string) => this.#states.get(backend) ?? "up";
    const pool = config.pools[activePool(config, stateOf)]?.name ?? "";
    return { config, state: "up", activePool: pool, weights: effectiveWeights(config, stateOf) };
  }

  subscribe(listener: (event: CheckerEvent) => void): () => void {
    this.#listener = listener;
    return () => this.#listener = undefined;
  }
}

function v4(...bytes: number[]): IpAddress {
  return ipFromBytes(new Uint8Array(bytes));
}

/** Another process of this file. */
async function withPeer<T>(args: string[], ready: string, work: () => Promise<T>): Promise<T> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(import.meta.url).pathname, ...args],
    stdin: "piped",
  }).spawn();
  try {
    while (!await Deno.stat(ready).then(() => true, () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return await work();
  } finally {
    await child.stdin.close();
    await child.status;
  }
}

/** Ends when whoever started this process closes its input. */
async function untilInputEnds(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
}

async function serveVpp(apiPath: string, statsPath: string): Promise<void> {
  await using sim = createSimulatedVpp({ apiPath, statsPath });
  sim.start();
  await untilInputEnds();
}

/** Answers what a full sync asks with bytes prepared beforehand, as fast as a real VPP at least. */
async function servePrepared(path: string): Promise<void> {
  const { ScriptedVpp, frameOf } = await import("../tests/vpp/scripted_vpp.ts");
  const checker = new BenchChecker();
  const text: string[] = [];
  const vips: Uint8Array[] = [];
  const servers: Uint8Array[] = [];
  for (const [i, frontend] of [...checker.config.frontends.values()].entries()) {
    const pfx = { address: frontend.address, len: 32 };
    const vip = { pfx, protocol: 6, port: 80 };
    const gre4 = { encap: 0, dscp: 0, srv_type: 0, target_port: 0, flow_table_length: 1024 };
    vips.push(frameOf(lbVipDump.details, 0, { vip, ...gre4 }));
    text.push(` ip4-gre4 [${i + 1}] ${pfx.address.text}/32\n  new_size:1024\n`);
    text.push(`  protocol:6 port:80\n  counters:\n    packet from existing sessions: 0\n`);
    text.push(`    first session packet: 0\n    untracked packet: 0\n`);
    text.push(`    no server configured: 0\n  #as:${serversPerVip}\n`);
    for (const { backend } of frontend.pools[0]?.backends ?? []) {
      const address = checker.config.backends.get(backend)?.address ?? pfx.address;
      const used = { flags: 1, in_use_since: 0, weight: 100, num_buckets: 51 };
      servers.push(frameOf(lbAsDump.details, 0, { vip, app_srv: address, ...used }));
      text.push(`    ${address.text} weight:100 buckets:51 flows:0 dpo:9 used\n`);
    }
    text.push("\n");
  }
  const { ipv4Source, ipv6Source } = checker.config.lb;
  const answers = new Map<Message, Uint8Array[]>([
    [lbVipDump.request, vips],
    [lbAsDump.request, servers],
    [cliInband.request, [frameOf(cliInband.reply, 0, { retval: 0, reply: text.join("") })]],
    [controlPing.request, [frameOf(controlPing.reply, 0, {
      retval: 0,
      client_index: 1,
      vpe_pid: 1,
    })]],
    [lbConfGet.request, [frameOf(lbConfGet.reply, 0, {
      retval: 0,
      ip4_src_address: ipv4Source,
      ip6_src_address: ipv6Source,
      sticky_buckets_per_core: 65_536,
      flow_timeout: 40,
    })]],
  ]);
  const whole = new Map([...answers].map(([message, frames]) => [message, joined(frames)]));
  await using _vpp = await ScriptedVpp.start({
    socketPath: path,
    async asked({ message, context, peer }) {
      const frames = answers.get(message) ?? [];
      const bytes = whole.get(message) ?? new Uint8Array();
      const view = new DataView(bytes.buffer);
      let at = 0;
      for (const { length } of frames) {
        view.setUint32(at + 18, context);
        at += length;
      }
      await peer.sendRaw(bytes);
    },
  });
  await untilInputEnds();
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

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

/** Answers pings by writing into copies of one prepared frame: cheaper than any client. */
async function serveReplier(path: string): Promise<void> {
  const { ScriptedVpp, frameOf } = await import("../tests/vpp/scripted_vpp.ts");
  const reply = frameOf(controlPing.reply, 0, { retval: 0, client_index: 1, vpe_pid: 1 });
  const pingBytes = 26;
  await using _vpp = await ScriptedVpp.start({
    socketPath: path,
    afterGreeting: async (conn) => {
      const input = new Uint8Array(1 << 20);
      const output = new Uint8Array(1 << 20);
      const from = new DataView(input.buffer);
      const to = new DataView(output.buffer);
      for (let left = 0;;) {
        const got = await conn.read(input.subarray(left));
        if (got === null) return;
        const end = left + got;
        let at = 0;
        let out = 0;
        for (; end - at >= pingBytes; at += pingBytes, out += reply.length) {
          if (from.getUint32(at + 8) !== 10) return;
          output.set(reply, out);
          to.setUint32(out + 18, from.getUint32(at + 22));
        }
        input.copyWithin(0, at, end);
        left = end - at;
        for (let sent = 0; sent < out;) sent += await conn.write(output.subarray(sent, out));
      }
    },
  });
  await untilInputEnds();
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

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const cpu = cpuMs();
  const start = performance.now();
  const delay = await loopDelayDuring(work);
  const ms = performance.now() - start;
  say(
    `${what}, ${vipCount} VIPs x ${serversPerVip} servers`,
    `${ms.toFixed(0)} ms, ${(cpuMs() - cpu).toFixed(0)} ms of CPU, ` +
      `longest loop delay ${delay.wallMs.toFixed(1)} ms (${delay.cpuMs.toFixed(1)} of CPU)`,
  );
}

function saySpread(what: string, values: readonly number[]): void {
  say(
    what,
    `p50 ${percentile(values, 0.5).toFixed(3)} ms, p99 ${percentile(values, 0.99).toFixed(3)} ms`,
  );
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
      await dumpActual(client);
    });
  }
  const known = new KnownState();
  known.startDump();
  known.finishDump(await dumpActual(client));
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

const [role, ...paths] = Deno.args;
if (role === "vpp") await serveVpp(paths[0] ?? "", paths[1] ?? "");
else if (role === "prepared") await servePrepared(paths[0] ?? "");
else if (role === "replier") await serveReplier(paths[0] ?? "");
else {
  const folder = await Deno.makeTempDir();
  try {
    await requests(folder);
    await preparedSyncs(folder);
    await syncs(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
