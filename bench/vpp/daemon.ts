/** A checker and the VPP side of the size that is benched. */

import { Checker } from "../../lib/checker/mod.ts";
import type { Backend, Config, Frontend } from "../../lib/config/mod.ts";
import { EventStream } from "../../lib/events/mod.ts";
import { type IpAddress, ipFromBytes } from "../../lib/ip/mod.ts";
import type { Logger } from "../../lib/log/mod.ts";
import { onThisThread } from "../../lib/probing/mod.ts";
import { Supervisor } from "../../lib/supervisor/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { Vpp, type VppOptions } from "../../lib/vpp/mod.ts";
import { fail, pass } from "../../tests/checker/support/bench.ts";
import { httpCheck } from "../../tests/probes/support/checks.ts";

/** Frontends, each a VIP. */
export const vipCount = 1_000;

/** Backends of each, all different. */
export const serversPerVip = 20;

const timing = { intervalMs: 1, fastIntervalMs: 1, downIntervalMs: 1, timeoutMs: 3_600_000 };

/** 1,000 frontends with backends of their own. One probe decides, and none ends by itself. */
export function benchConfig(): Config {
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
      drainDeadlineMs: 0,
      slowStartMs: 0,
      failOpen: "never",
      pools: [{ name: "p", backends: members.map((backend) => ({ backend, weight: 100 })) }],
    });
  }
  return {
    transitionHistory: 5,
    stateMaxAgeMs: 120_000,
    maxRemovalsPercent: 100,
    netns: "",
    lb: {
      ipv4Source: v4(10, 255, 0, 1),
      ipv6Source: ipFromBytes(new Uint8Array(16).fill(0x20)),
      syncIntervalMs: 3_600_000,
      stickyBucketsPerCore: 65_536,
      buckets: 1024,
      flowTimeoutSeconds: 40,
      startupMinDelayMs: 0,
      startupMaxDelayMs: 0,
    },
    healthchecks: new Map([["hc", httpCheck({ name: "hc", rise: 1, fall: 1, ...timing })]]),
    backends,
    frontends,
  };
}

/** A checker whose backends are all up, and the VPP side, which does not run yet. */
export class BenchDaemon implements AsyncDisposable {
  readonly vpp: Vpp;
  readonly #config = benchConfig();
  /** Ends of the probes on their way, by address. */
  readonly #probes = new Map<string, (isWell: boolean) => void>();
  readonly #owned = new DisposableStack();

  private constructor(options: Omit<VppOptions, "checker" | "events" | "clock" | "supervisor">) {
    const clock = systemClock;
    const { log } = options;
    const fatal = (error: Error) => console.error(error);
    const events = this.#owned.use(new EventStream(clock, log));
    const checker = this.#owned.use(
      new Checker({
        config: this.#config,
        probing: onThisThread({
          startProbe: ({ address }, done) => {
            this.#probes.set(address.text, (isWell) => done(isWell ? pass : fail));
            return () => void this.#probes.delete(address.text);
          },
          ...{ clock, log, fatal, random: Math.random },
        }),
        ...{ clock, log, events },
      }),
    );
    const supervisor = new Supervisor({ clock, log, fatal });
    this.vpp = new Vpp({ ...options, checker, events, clock, supervisor });
  }

  /** Resolves when all backends are up. */
  static async start(
    options: Omit<VppOptions, "checker" | "events" | "clock" | "supervisor">,
  ): Promise<BenchDaemon> {
    const daemon = new BenchDaemon(options);
    for (const { name } of daemon.#config.backends.values()) await daemon.set(name, true);
    return daemon;
  }

  /** Has a probe of this backend end; the next one is on its way soon after. */
  async set(backend: string, isWell: boolean): Promise<void> {
    const address = this.#config.backends.get(backend)?.address.text ?? "";
    while (!this.#probes.has(address)) await new Promise((next) => setTimeout(next, 10));
    const end = this.#probes.get(address);
    this.#probes.delete(address);
    end?.(isWell);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vpp.close();
    this.#owned.dispose();
  }
}

/** Warnings and errors only. */
export const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: (msg, attributes) => console.error(msg, attributes),
  error: (msg, attributes) => console.error(msg, attributes),
  enabled: () => false,
};

function v4(...bytes: number[]): IpAddress {
  return ipFromBytes(new Uint8Array(bytes));
}
