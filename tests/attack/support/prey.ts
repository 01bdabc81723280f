import { equal, ok } from "node:assert/strict";
import {
  falseFailures,
  type MetricsSeen,
  scrapeMetrics,
} from "../../../tools/attack/site/metrics.ts";
import { type Site, startSite } from "../../../tools/attack/site/site.ts";
import type { Target } from "../../../tools/attack/types.ts";

/** Backends of the sample's site: enough for two frontends. */
const backends = 20;

/** Probes come and go; each has a descriptor, and a few more are between two owners. */
const descriptorSlack = 2 * backends;

/** Milliseconds for everything of an attack to be gone, whatever else the machine does. */
const calmMs = 60_000;

/** Octets of log that a sample may bring about: the first few records of each kind, and a summary. */
const mostLogged = 40_000;

/** What maglevd holds while nobody attacks it. */
export interface Calm {
  readonly metrics: MetricsSeen;
  readonly descriptors: number;
  /** Of all servers in VPP, as text. */
  readonly weights: string;
  /** Records of backends that went down. */
  readonly downs: number;
  /** Octets of its log, and records of errors in it. */
  readonly logged: number;
  readonly errors: number;
}

/** A maglevd for samples of attacks, all on loopback. */
export class Prey implements AsyncDisposable {
  readonly target: Target;
  readonly #site: Site;
  readonly #parts: AsyncDisposableStack;

  private constructor(site: Site, parts: AsyncDisposableStack) {
    this.#site = site;
    this.#parts = parts;
    this.target = { ...site.target, host: "127.0.0.1", host6: "" };
  }

  /** Starts it between servers and a simulated VPP. */
  static async start(tls = false): Promise<Prey> {
    await using parts = new AsyncDisposableStack();
    // A machine with too much to do is no reason for a probe to fail.
    const site = await startSite(parts, { backends, idle: 0, timeout: "10s", tls });
    return new Prey(site, parts.move());
  }

  /** What it says of itself; fails if it doesn't answer. */
  async scrape(): Promise<MetricsSeen> {
    const seen = await scrapeMetrics(this.target.metrics);
    ok(seen !== undefined, "maglevd answers a scrape");
    return seen;
  }

  /** Waits until it holds no more than `before`, or nothing but the scrape's connection. */
  async calm(before?: Calm): Promise<Calm> {
    const end = performance.now() + calmMs;
    for (;;) {
      const metrics = await this.scrape();
      const { descriptors } = this.#site.daemon.process();
      const most = (before?.descriptors ?? Infinity) + descriptorSlack;
      if (metrics.connections <= 1 && descriptors <= most) {
        const servers = this.#site.vpp.state().flatMap((vip) => vip.servers);
        const weights = servers.map(({ weight }) => weight).join(" ");
        const { downs, logged, errors } = this.#site.daemon;
        return { metrics, descriptors, weights, downs: downs.length, logged, errors };
      }
      const what = `${metrics.connections} connections and ${descriptors} descriptors`;
      ok(performance.now() < end, `${what} are left, of ${most} descriptors at most`);
    }
  }

  /** Fails if any server was taken for dead since `before`. */
  assertHealthy(before: Calm, after: Calm): void {
    equal(falseFailures(before.metrics, after.metrics), 0, "probes of healthy servers failed");
    equal(after.downs, before.downs, this.#site.daemon.downs.join("\n"));
    equal(after.weights, before.weights, "weights in VPP");
  }

  /** Fails if more was logged since `before` than any client may have logged, or an error. */
  assertQuiet(before: Calm, after: Calm): void {
    equal(after.errors, before.errors, `errors: ${this.#site.daemon.tail.join("\n")}`);
    const logged = after.logged - before.logged;
    ok(logged <= mostLogged, `${logged} octets were logged`);
  }

  /** Resident megabytes, for people. */
  get megabytes(): number {
    return Math.round(this.#site.daemon.process().rss / 1e6);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
