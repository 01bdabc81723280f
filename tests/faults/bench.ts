import assert from "node:assert/strict";
import { Checker } from "../../lib/checker/mod.ts";
import {
  createSimulatedVpp,
  type SimulatedVpp,
  type SimulatedVppOptions,
} from "../../lib/sim/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { fail, FakeProber, pass } from "../checker/support.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { type Controller, startController } from "./controller.ts";
import { IoBarrier } from "./io_barrier.ts";
import { type Site, siteConfig, smallSite } from "./site.ts";
import { heldState, wantedState } from "./wanted.ts";

/** Fake time passes in steps of this size, everybody being heard in between. */
const stepMs = 1000;
/** Rounds through the kernel without anything happening after which nothing is under way. */
const quietRounds = 8;
/** The stats socket is looked at every few real milliseconds, whatever the fake clock says. */
const statsMs = 4;
/** Fake time within which maglevd and VPP must be in step again: a retry and a drift pass. */
const patienceMs = 90_000;

/** What a bench is made of. */
export interface BenchOptions {
  readonly site?: Site;
  readonly vpp?: Partial<SimulatedVppOptions>;
  /** Whether VPP runs from the beginning; true when absent. */
  readonly vppRuns?: boolean;
}

/**
 * maglevd's checker and VPP side with a simulated VPP, all in fake time: only the bytes between
 * them travel through real sockets. Backends are well unless a test says otherwise.
 */
export class Bench implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog();
  readonly vpp: SimulatedVpp;
  site: Site;
  readonly #directory: string;
  readonly #sick = new Set<string>();
  readonly #mute = new Set<string>();
  #checker: Checker;
  #controller: Controller | undefined;
  #prober: FakeProber | undefined;
  #barrier: IoBarrier | undefined;
  #clients = 0;

  /** Everything but the controller, which {@link start} starts. */
  constructor(options: BenchOptions = {}) {
    this.#directory = Deno.makeTempDirSync({ prefix: "mgl-faults-" });
    this.site = options.site ?? smallSite;
    this.vpp = createSimulatedVpp({
      apiPath: `${this.#directory}/api.sock`,
      statsPath: `${this.#directory}/stats.sock`,
      clock: this.clock,
      ...options.vpp,
    });
    this.vpp.journal.subscribe(({ kind }) => {
      if (kind === "connected") this.#clients++;
      if (kind === "disconnected") this.#clients--;
    });
    if (options.vppRuns ?? true) this.vpp.start();
    this.#checker = this.#newChecker();
  }

  /** The checker of the maglevd that runs now. */
  get checker(): Checker {
    return this.#checker;
  }

  /** The VPP side of the maglevd that runs now. */
  get controller(): Controller {
    assert.ok(this.#controller, "maglevd does not run");
    return this.#controller;
  }

  /** Starts maglevd. */
  start(): void {
    this.#controller = startController({
      apiSocket: `${this.#directory}/api.sock`,
      statsSocket: `${this.#directory}/stats.sock`,
      checker: this.#checker,
      clock: this.clock,
      log: this.log,
    });
  }

  /**
   * Ends maglevd, and makes a new checker that knows nothing: what a new process would begin
   * with. Gracefully or not makes no difference to VPP, which must not be able to tell.
   */
  async stop(): Promise<void> {
    const controller = this.#controller;
    this.#controller = undefined;
    await this.while(controller?.close());
    this.#checker[Symbol.dispose]();
    this.#checker = this.#newChecker();
  }

  /** Starts maglevd, and waits until it knows its backends and VPP serves them. */
  async begin(): Promise<void> {
    this.start();
    const known = () =>
      this.#checker.backendNames().every((name) =>
        this.#checker.backend(name)?.state !== "unknown"
      );
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
    this.#prober?.flights.get(this.#addressOf(name))?.answer(pass);
  }

  /** Reloads with another site. */
  async reload(site: Site): Promise<void> {
    this.site = site;
    await this.while(this.#checker.reload(siteConfig(site)));
  }

  /** Lets fake time pass. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      await this.settle();
    }
  }

  /** Lets fake time pass until it holds; fails when that takes too long. */
  async until(what: string, holds: () => boolean, ms = patienceMs): Promise<void> {
    await this.settle();
    for (let left = ms; !holds(); left -= stepMs) {
      assert.ok(left > 0, `after ${ms} ms not yet: ${what}\n${this.#story()}`);
      await this.pass(stepMs);
    }
  }

  /** Lets fake time pass until the work is done. */
  async while<T>(work: Promise<T> | undefined): Promise<T | undefined> {
    let done = work === undefined;
    const finished = () => void (done = true);
    work?.then(finished, finished);
    await this.until("the work is done", () => done);
    return await work;
  }

  /** Waits until VPP holds what the checker asks for, and nothing is said any more. */
  async inStep(): Promise<void> {
    await this.until("VPP is in step", () => this.#isInStep());
    assert.deepEqual(heldState(this.vpp), wantedState(this.#checker));
  }

  /** Lets everybody finish who can without time passing. */
  async settle(): Promise<void> {
    this.#barrier ??= await IoBarrier.create(`${this.#directory}/barrier.sock`);
    const begun = performance.now();
    let quiet = 0;
    while (quiet < quietRounds || (this.#isConnecting() && performance.now() - begun < statsMs)) {
      const before = this.#activity();
      await this.#barrier.pass();
      quiet = this.#activity() === before ? quiet + 1 : 0;
    }
  }

  /** Waits until maglevd is connected and has said what it has to say, without time passing. */
  async settledConnection(): Promise<void> {
    for (let tries = 0; tries < 1000 && !this.controller.connected; tries++) await this.settle();
    assert.ok(this.controller.connected);
    await this.settle();
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.vpp.behave();
    const controller = this.#controller;
    this.#controller = undefined;
    await this.while(controller?.close());
    this.#checker[Symbol.dispose]();
    await this.vpp.stop();
    assert.deepEqual(this.#lethal(), [], "maglevd sent what kills VPP");
    this.#barrier?.[Symbol.dispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }

  #isInStep(): boolean {
    if (!this.vpp.running) return false;
    return heldState(this.vpp).join("\n") === wantedState(this.#checker).join("\n");
  }

  /** Whether maglevd may be waiting for the stats segment. */
  #isConnecting(): boolean {
    return this.#clients > 0 && !(this.#controller?.connected ?? true);
  }

  /** Why VPP died, where neither the test nor a fault killed it. */
  #lethal(): string[] {
    return this.vpp.journal.entries.flatMap((event) =>
      event.kind === "died" && !/^(told to|killed|stopped|restarted)/.test(event.reason)
        ? [event.reason]
        : []
    );
  }

  #activity(): number {
    return this.vpp.journal.count + this.log.records.length;
  }

  #newChecker(): Checker {
    const prober = new FakeProber(this.clock);
    prober.answers = ({ address }) => {
      if (this.#mute.has(address.text)) return undefined;
      return this.#sick.has(address.text) ? fail : pass;
    };
    this.#prober = prober;
    return new Checker({
      config: siteConfig(this.site),
      startProbe: prober.start,
      clock: this.clock,
      random: () => 0.5,
      log: this.log,
    });
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
    const [held, wanted] = [
      this.vpp.running ? heldState(this.vpp) : ["VPP does not run"],
      wantedState(this.#checker),
    ];
    const missing = wanted.filter((line) => !held.includes(line)).map((line) => `  - ${line}`);
    const extra = held.filter((line) => !wanted.includes(line)).map((line) => `  + ${line}`);
    return [...records, ...missing, ...extra].join("\n");
  }
}
