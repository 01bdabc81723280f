import assert from "node:assert/strict";
import { Checker, type CheckerObserver, type Restored } from "../../../lib/checker/mod.ts";
import { EventStream, logEvents, type MaglevEvent } from "../../../lib/events/mod.ts";
import type { Backend, Config, Frontend, HealthCheck, HttpCheck } from "../../../lib/config/mod.ts";
import type { ProbeResult, ProbeTarget, StartProbe } from "../../../lib/probes/mod.ts";
import { onThisThread } from "../../../lib/probing/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import { httpCheck as anyHttpCheck } from "../../probes/support/checks.ts";
import { ip } from "../../support/ip.ts";

export const pass: ProbeResult = { ok: true, code: "L7OK", detail: "status 200", durationMs: 1 };
export const fail: ProbeResult = { ok: false, code: "L7STS", detail: "status 503", durationMs: 1 };

/** An http check: rise 2, fall 3, every 2 s, 500 ms when fast, 5 s when down, 1 s timeout. */
export function httpCheck(name: string, change: Partial<HttpCheck> = {}): HealthCheck {
  const timing = { fastIntervalMs: 500, downIntervalMs: 5_000, timeoutMs: 1_000 };
  return anyHttpCheck({ name, ...timing, ...change });
}

export interface ConfigSketch {
  readonly checks?: readonly HealthCheck[];
  /** Names, or changes to the defaults: check `web`, enabled, an address of its own. */
  readonly backends: Readonly<
    Record<string, Partial<Omit<Backend, "name" | "address">> & { at?: string }>
  >;
  /** Per frontend, its pools: backend → weight. */
  readonly frontends?: Readonly<Record<string, readonly Readonly<Record<string, number>>[]>>;
  readonly flushOnDown?: boolean;
  readonly drainDeadlineMs?: number;
  readonly failOpen?: Frontend["failOpen"];
  readonly slowStartMs?: number;
  readonly maxRemovalsPercent?: number;
  readonly netns?: string;
  readonly history?: number;
}

/** A configuration in few words. */
export function sketch(of: ConfigSketch): Config {
  const checks = of.checks ?? [httpCheck("web")];
  return {
    transitionHistory: of.history ?? 5,
    stateMaxAgeMs: 120_000,
    maxRemovalsPercent: of.maxRemovalsPercent ?? 100,
    netns: of.netns ?? "",
    lb: {
      ipv4Source: ip("192.0.2.254"),
      ipv6Source: ip("2001:db8::254"),
      syncIntervalMs: 30_000,
      stickyBucketsPerCore: 65_536,
      buckets: 1024,
      flowTimeoutSeconds: 40,
      startupMinDelayMs: 0,
      startupMaxDelayMs: 0,
    },
    healthchecks: new Map(checks.map((check) => [check.name, check])),
    backends: new Map(
      Object.entries(of.backends).map(([name, { at, ...change }], index) => [name, {
        name,
        address: ip(at ?? `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`),
        healthcheck: checks[0]?.name ?? "",
        enabled: true,
        ...change,
      }]),
    ),
    frontends: new Map(
      Object.entries(of.frontends ?? {}).map(([name, pools], index) => [
        name,
        frontendOf(name, index, pools, of),
      ]),
    ),
  };
}

function frontendOf(
  name: string,
  index: number,
  pools: readonly Readonly<Record<string, number>>[],
  { flushOnDown = true, drainDeadlineMs = 0, failOpen = "never", slowStartMs = 0 }: ConfigSketch,
): Frontend {
  return {
    name,
    description: "",
    address: ip(`192.0.2.${index % 250}`),
    protocol: "tcp",
    port: 80,
    srcIpSticky: false,
    flushOnDown,
    drainDeadlineMs,
    slowStartMs,
    failOpen,
    pools: pools.map((backends, i) => ({
      name: `pool${i}`,
      backends: Object.entries(backends).map(([backend, weight]) => ({ backend, weight })),
    })),
  };
}

/** A probe that a test has not answered yet. */
export interface FakeProbe {
  readonly target: ProbeTarget;
  readonly startedAt: number;
  /** Answers; harmless after a cancellation, as a prober's late result would be. */
  answer(result: ProbeResult): void;
  readonly cancelled: boolean;
}

/** A prober in a test's hands. Told `answers`, it does so by itself after a delay. */
export class FakeProber {
  /** On their way, by address. */
  readonly flights = new Map<string, FakeProbe>();
  /** Every start, in order. */
  readonly starts: { readonly address: string; readonly at: number }[] = [];
  /** Answers by itself, after `delayMs`; undefined leaves it to the test. */
  answers: ((target: ProbeTarget) => ProbeResult | undefined) | undefined;
  delayMs = 5;

  constructor(readonly clock: FakeClock) {}

  readonly start: StartProbe = (target, done) => {
    const address = target.address.text;
    assert.ok(!this.flights.has(address), `two probes of ${address} at the same time`);
    this.starts.push({ address, at: this.clock.now() });
    let cancelled = false;
    const answer = (result: ProbeResult): void => {
      if (this.flights.get(address) === probe) this.flights.delete(address);
      done(result);
    };
    const probe: FakeProbe = {
      target,
      startedAt: this.clock.now(),
      answer,
      get cancelled() {
        return cancelled;
      },
    };
    this.flights.set(address, probe);
    const result = this.answers?.(target);
    const timer = result && this.clock.after(this.delayMs, () => answer(result));
    return () => {
      cancelled = true;
      timer?.cancel();
      if (this.flights.get(address) === probe) this.flights.delete(address);
    };
  };
}

/** A checker with everything around it in a test's hands. */
export class Bench implements Disposable {
  readonly clock: FakeClock;
  readonly prober: FakeProber;
  readonly log = new RecordedLog();
  readonly stream: EventStream;
  readonly events: MaglevEvent[] = [];
  readonly fatal: Error[] = [];
  readonly checker: Checker;

  constructor(
    config: Config,
    options: {
      random?: () => number;
      observer?: CheckerObserver;
      answers?: ProbeResult;
      restored?: Restored;
      /** Unix milliseconds. */
      wallStart?: number;
    } = {},
  ) {
    this.clock = new FakeClock(options.wallStart);
    this.prober = new FakeProber(this.clock);
    this.stream = new EventStream(this.clock, this.log);
    logEvents(this.stream, this.log);
    this.stream.subscribe((event) => this.events.push(event));
    if (options.answers) this.prober.answers = () => options.answers;
    this.checker = new Checker({
      config,
      probing: onThisThread({
        startProbe: this.prober.start,
        clock: this.clock,
        random: options.random ?? (() => 0.5),
        log: this.log,
        fatal: (error) => this.fatal.push(error),
      }),
      clock: this.clock,
      log: this.log,
      events: this.stream,
      ...(options.observer && { observer: options.observer }),
      restored: options.restored,
    });
  }

  /** Waits for the backend's next probe and answers it. */
  probe(name: string, result: ProbeResult): void {
    const address = this.checker.backend(name)?.config.address.text ?? "";
    for (let waited = 0; !this.prober.flights.has(address); waited += 10) {
      assert.ok(waited < 60_000, `no probe of ${name} within a minute`);
      this.clock.advance(10);
    }
    this.prober.flights.get(address)?.answer(result);
  }

  state(name: string): string | undefined {
    return this.checker.backend(name)?.state;
  }

  /** Reloads and turns the clock until that is done. */
  async reload(config: Config): Promise<void> {
    await this.while(this.checker.reload(config));
  }

  /** Turns the clock, without time passing, until this is done. */
  async while<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const working = work.finally(() => done = true);
    working.catch(() => {});
    for (let turn = 0; !done; turn++) {
      assert.ok(turn < 10_000, "it does not end");
      await this.clock.advanceAsync(0);
    }
    return await working;
  }

  /** What changed state, was set or reloaded, as `name from>to`; {@link story} tells the rest. */
  moves(): string[] {
    return this.events.flatMap((event) => {
      if (event.kind === "backend") return `${event.backend} ${arrow(event.transition)}`;
      if (event.kind === "frontend") return `${event.frontend} ${arrow(event.transition)}`;
      if (event.kind === "reload") return "reload";
      const isSet = event.kind === "weight" && event.cause.kind === "operator" &&
        (event.configured.from !== event.configured.to || event.flush);
      return isSet ? "weight" : [];
    });
  }

  /** Every event in a few words. */
  story(): string[] {
    return this.events.map(tell);
  }

  [Symbol.dispose](): void {
    this.checker.close();
    this.stream.close();
    assert.equal(this.clock.pending, 0, "a closed checker left a timer");
    assert.equal(this.prober.flights.size, 0, "a closed checker left a probe");
  }
}

function tell(event: MaglevEvent): string {
  const why = `(${event.cause.kind})`;
  switch (event.kind) {
    case "backend":
      return `${event.backend} ${arrow(event.transition)} ${why}`;
    case "frontend":
      return `${event.frontend} ${arrow(event.transition)} ${why}`;
    case "pool":
      return `${event.frontend} pool ${arrow(event)} ${why}`;
    case "weight": {
      const { frontend, backend, configured, effective, flush } = event;
      const told = `${frontend}/${backend} ${arrow(configured)} as ${arrow(effective)}`;
      return `${told}${flush ? " flush" : ""} ${why}`;
    }
    case "operator":
      return `${event.action} ${event.backend}`;
    case "override": {
      const { backend, frontend, byHand, file } = event;
      return `${frontend}/${backend} ${byHand} by hand ended, file ${arrow(file)} ${why}`;
    }
    case "drain": {
      const { backend, change, detail } = event;
      return `${backend} drain ${change} ${why}${detail && `: ${detail}`}`;
    }
    case "safety":
      return `${about(event)} ${event.measure} ${event.change} ${why}`;
    case "reload":
      return `reload ${event.result}`;
    case "vpp":
    case "probing":
      return `${event.kind} ${event.change} ${event.detail}`.trimEnd();
    case "audit":
      return `audit ${event.method} ${event.result}`;
  }
}

function about({ frontend, backend }: { frontend: string; backend: string }): string {
  return [frontend, backend].filter((name) => name !== "").join("/");
}

function arrow({ from, to }: { readonly from: unknown; readonly to: unknown }): string {
  return `${from}>${to}`;
}
