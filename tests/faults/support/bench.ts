import assert from "node:assert/strict";
import { Checker } from "../../../lib/checker/mod.ts";
import { EventStream, logEvents } from "../../../lib/events/mod.ts";
import { onThisThread } from "../../../lib/probing/mod.ts";
import type { ProcessOptions } from "../../../lib/sim/mod.ts";
import { Supervisor } from "../../../lib/supervisor/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { Vpp } from "../../../lib/vpp/mod.ts";
import { fail, FakeProber, pass } from "../../checker/support/bench.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import { type Site, siteConfig, smallSite } from "./site.ts";
import { heldState, wantedState } from "./wanted.ts";
import { inMemory, type Wire } from "./wire.ts";

/** Fake time passes in steps of this size when something is waited for. */
const stepMs = 1000;
/** Fake time within which maglevd and VPP must be in step again: a retry and a drift pass. */
const patienceMs = 90_000;

/** What a bench is made of. */
export interface BenchOptions {
  readonly site?: Site;
  readonly vpp?: Partial<ProcessOptions>;
  /** Whether VPP runs from the beginning; true when absent. */
  readonly vppRuns?: boolean;
  /** What lies between maglevd and VPP; memory when absent. */
  readonly wire?: typeof inMemory;
}

/** One maglevd: what a process would hold. */
interface Daemon {
  readonly stream: EventStream;
  readonly checker: Checker;
  readonly prober: FakeProber;
  readonly vpp: Vpp;
}

/**
 * maglevd's checker and VPP side with a simulated VPP, all in fake time. Backends are well unless a
 * test says otherwise.
 */
export class Bench implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog();
  site: Site;
  readonly #wire: Wire;
  readonly #sick = new Set<string>();
  readonly #mute = new Set<string>();
  #daemon: Daemon;

  /** Everything but the VPP side, which {@link start} starts. */
  constructor(options: BenchOptions = {}) {
    this.site = options.site ?? smallSite;
    this.#wire = (options.wire ?? inMemory)(this.clock, options.vpp ?? {}, () => this.#activity());
    if (options.vppRuns ?? true) this.vpp.start();
    this.#daemon = this.#newDaemon();
  }

  get vpp(): Wire["vpp"] {
    return this.#wire.vpp;
  }

  /** The checker of the maglevd that runs now. */
  get checker(): Checker {
    return this.#daemon.checker;
  }

  /** The VPP side of the maglevd that runs now. */
  get service(): Vpp {
    return this.#daemon.vpp;
  }

  get connected(): boolean {
    return this.service.info() !== undefined;
  }

  /** Starts the VPP side. */
  start(): void {
    this.service.start();
  }

  /**
   * Ends maglevd, and makes another that knows nothing: what a new process would begin with.
   * Gracefully or not makes no difference to VPP, which must not be able to tell.
   */
  async stop(): Promise<void> {
    await this.#end();
    this.#daemon = this.#newDaemon();
  }

  /** Starts maglevd, and waits until it knows its backends and VPP serves them. */
  async begin(): Promise<void> {
    this.start();
    const known = () =>
      this.checker.backendNames().every((name) => this.checker.backend(name)?.state !== "unknown");
    await this.until("all backends are known", known);
    await this.inStep();
  }

  /** What the probes of these backends will find from now on. */
  health(name: string, isWell: boolean): void {
    if (isWell) this.#sick.delete(this.#addressOf(name));
    else this.#sick.add(this.#addressOf(name));
  }

  /** From now on probes of this backend take for ever. */
  mute(name: string): void {
    this.#mute.add(this.#addressOf(name));
  }

  /** Ends that, and the probe on its way passes. */
  unmute(name: string): void {
    this.#mute.delete(this.#addressOf(name));
    this.#daemon.prober.flights.get(this.#addressOf(name))?.answer(pass);
  }

  /** Reloads with another site. */
  async reload(site: Site): Promise<void> {
    this.site = site;
    await this.while(this.checker.reload(siteConfig(site), { isForced: true }));
  }

  /** Lets fake time pass. */
  async pass(ms: number): Promise<void> {
    await this.#wire.pass(ms);
  }

  /** Lets fake time pass until it holds; fails when that takes too long. */
  async until(what: string, holds: () => boolean, ms = patienceMs): Promise<void> {
    await this.pass(0);
    for (let left = ms; !holds(); left -= stepMs) {
      if (left <= 0) assert.fail(`after ${ms} ms not yet: ${what}\n${this.#story()}`);
      await this.pass(stepMs);
    }
  }

  /** Lets fake time pass until the work is done. */
  async while<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => void (isDone = true);
    work.then(done, done);
    await this.until("the work is done", () => isDone);
    return await work;
  }

  /** Waits until VPP holds what the checker asks for, and maglevd says so. */
  async inStep(): Promise<void> {
    await this.until("VPP is in step", () => this.#isInStep());
    assert.deepEqual(heldState(this.vpp), wantedState(this.checker, this.vpp));
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.vpp.behave();
    await this.#end();
    await this.#wire.close();
    assert.deepEqual(this.#deaths(), [], "maglevd sent what kills VPP");
    assert.equal(this.clock.pending, 0, "a timer is left");
  }

  async #end(): Promise<void> {
    const { stream, checker, vpp } = this.#daemon;
    await this.while(vpp.close());
    checker.close();
    stream.close();
  }

  #isInStep(): boolean {
    if (!this.vpp.running) return false;
    return heldState(this.vpp).join("\n") === wantedState(this.checker, this.vpp).join("\n");
  }

  /** Why VPP died, where neither the test nor a fault killed it. */
  #deaths(): string[] {
    return this.vpp.journal.entries.flatMap((event) =>
      event.kind === "died" && !/^(told to|killed|stopped|restarted)/.test(event.reason)
        ? [event.reason]
        : []
    );
  }

  #activity(): number {
    return this.vpp.journal.count + this.log.records.length;
  }

  #newDaemon(): Daemon {
    const { clock, log } = this;
    const stream = new EventStream(clock, log);
    logEvents(stream, log);
    const prober = new FakeProber(clock);
    prober.answers = ({ address }) => {
      if (this.#mute.has(address.text)) return undefined;
      return this.#sick.has(address.text) ? fail : pass;
    };
    const fatal = (error: Error) => assert.fail(error);
    const checker = new Checker({
      config: siteConfig(this.site),
      probing: onThisThread({
        ...{ clock, log, fatal, random: () => 0.5, startProbe: prober.start },
      }),
      ...{ clock, log, events: stream },
    });
    const vpp = new Vpp({
      ...{ checker, clock, log, events: stream },
      supervisor: new Supervisor({ clock, log, fatal }),
      ...this.#wire.access,
    });
    return { stream, checker, prober, vpp };
  }

  #addressOf(name: string): string {
    const address = this.site.backends[name];
    assert.ok(address, `there is no backend ${name}`);
    return address;
  }

  /** The end of the log, and what is missing in VPP: what one wants to see when a test fails. */
  #story(): string {
    const records = this.log.records.filter(({ level }) => level !== "debug").slice(-25)
      .map(({ msg, attributes }) => `  ${msg} ${JSON.stringify(attributes)}`);
    if (!this.vpp.running) return [...records, "VPP does not run"].join("\n");
    const held = heldState(this.vpp);
    const wanted = wantedState(this.checker, this.vpp);
    const missing = wanted.filter((line) => !held.includes(line)).map((line) => `  - ${line}`);
    const extra = held.filter((line) => !wanted.includes(line)).map((line) => `  + ${line}`);
    return [...records, ...missing, ...extra].join("\n");
  }
}
