import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Checker } from "../../../lib/checker/mod.ts";
import { EventStream, logEvents, type MaglevEvent } from "../../../lib/events/mod.ts";
import type { BackendState } from "../../../lib/health/mod.ts";
import { onThisThread } from "../../../lib/probing/mod.ts";
import { InMemoryVpp, portsOf } from "../../../lib/sim/mod.ts";
import { Supervisor } from "../../../lib/supervisor/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { Vpp, type VppObserver, type VppOptions } from "../../../lib/vpp/mod.ts";
import { fail, FakeProber, pass } from "../../checker/support/bench.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import { steer } from "../../support/steer.ts";
import { configOf, type ConfigWish } from "./wishes.ts";

/** What is in a test's hands. */
export interface BedOptions {
  /** What the backends are before VPP is connected to; up when absent. */
  readonly backends?: "up" | "unknown";
  /** Milliseconds from VPP to maglevd, and the same back; 1 when absent. */
  readonly delayMs?: number;
  /** In place of how the simulated VPP is reached. */
  readonly access?: Partial<Pick<VppOptions, "connect" | "openSegment" | "socketIdentity">>;
}

/** One maglevd: what a process would hold. */
interface Daemon {
  readonly stream: EventStream;
  readonly checker: Checker;
  readonly prober: FakeProber;
  readonly vpp: Vpp;
}

/** Promises in a row that are resolved one by one, before all the others at once: 12 were seen. */
const momentsPerSettling = 20;

/** Longer than anything takes, in fake milliseconds. */
const patienceMs = 60_000;

/**
 * A real checker, the VPP side, and a simulated VPP in memory: nothing but fake time passes, and
 * each backend has a probe on its way that waits for the test to answer it.
 */
export class Bed implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog();
  readonly sim: InMemoryVpp;
  /** Changes that VPP accepted, as `scope kind`. */
  readonly synced: string[] = [];
  /** How often VPP was found altered. */
  altered = 0;
  readonly events: MaglevEvent[] = [];
  /** Errors after which the process would have to end. */
  readonly fatal: Error[] = [];
  /**
   * Called at each moment at which something may happen: between any two steps of the program.
   * `settling` counts the times at which everybody was let finish, `step` from 0 within one.
   */
  moment: ((settling: number, step: number) => void) | undefined;
  #daemon: Daemon;
  #settlings = 0;

  /** Backends are as asked for; VPP and the VPP side do not run. */
  constructor(private readonly wish: ConfigWish, private readonly options: BedOptions = {}) {
    const delayMs = options.delayMs ?? 1;
    this.sim = new InMemoryVpp({
      ...{ clock: this.clock, random: () => 0.5, delayMs: () => delayMs },
      // Tests connect a thousand times.
      short: true,
    });
    this.#daemon = this.#newDaemon();
    if (options.backends !== "unknown") this.answerAll();
  }

  get checker(): Checker {
    return this.#daemon.checker;
  }

  get vpp(): Vpp {
    return this.#daemon.vpp;
  }

  /** Starts VPP and the VPP side, and waits until all is as desired. */
  async start(): Promise<void> {
    this.sim.start();
    this.vpp.start();
    await this.until(() => this.vpp.step()?.inStep === true, "in step");
  }

  /** As `maglevd` after kill -9: nothing is left of it but what VPP has. */
  async replaceMaglevd(): Promise<void> {
    await this.#end();
    this.#daemon = this.#newDaemon();
  }

  /** Lets a probe of each of these backends end, and has probes begin where there are none. */
  answerAll(result = pass): void {
    this.clock.advance(20);
    for (const name of this.checker.backendNames()) this.#answer(name, result);
    this.clock.advance(20);
  }

  /** Takes backends to a state, at once unless they have to be resumed or enabled first. */
  set(state: BackendState, ...names: string[]): void {
    for (const name of names) this.#setOne(state, name);
  }

  /** Puts another configuration in force; it is told when that is complete. */
  async reload(wish: ConfigWish): Promise<void> {
    await this.while(this.checker.reload(configOf(wish)));
  }

  /** Lets fake time pass, everybody doing what there is to do at each moment. */
  async pass(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms, () => this.settle());
  }

  /** Lets everybody finish who can without time passing. */
  async settle(): Promise<void> {
    const settling = this.#settlings++;
    for (let step = 0; this.moment && step < momentsPerSettling; step++) {
      await Promise.resolve();
      this.moment(settling, step);
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Lets fake time pass until it holds; the result is how long that took. */
  async until(holds: () => boolean, what = holds.toString()): Promise<number> {
    const begun = this.clock.now();
    await this.settle();
    while (!holds()) {
      if (this.clock.now() - begun >= patienceMs) {
        assert.fail(`never came true: ${what}\n${this.story()}`);
      }
      await this.pass(Math.max(1, (this.options.delayMs ?? 1) / 5));
    }
    return this.clock.now() - begun;
  }

  /** Lets fake time pass until the work is done. */
  async while<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => void (isDone = true);
    work.then(done, done);
    await this.until(() => isDone, "the work is done");
    return await work;
  }

  /** The same for work that fails, with why. */
  async failure(work: Promise<unknown>): Promise<Error> {
    const outcome = await this.while(work.then(() => undefined, (error) => error));
    assert.ok(outcome instanceof Error, "the work did not fail");
    return outcome;
  }

  /** The VIPs in use and their servers in use: `192.0.2.1/32 6 80: 10.0.0.1=100 …`. */
  state(): string[] {
    if (!this.sim.running) return ["VPP does not run"];
    return this.sim.state().filter(({ used }) => used).map(
      ({ prefix, protocol, port, servers }) => {
        const list = servers.filter(({ used }) => used)
          .map(({ address, weight }) => `${address}=${weight}`).sort();
        return `${prefix} ${protocol} ${port}: ${list.join(" ")}`;
      },
    ).sort();
  }

  /** What the checker asks for, in the same words; a weight that is kept is what VPP has. */
  wanted(): string[] {
    const { checker } = this;
    const held = this.state();
    return checker.frontendNames().flatMap((name) => {
      const frontend = checker.frontend(name);
      if (!frontend) return [];
      const { address, port, protocol } = frontend.config;
      const key = port === 0 ? "255 0" : `${protocol === "tcp" ? 6 : 17} ${port}`;
      const head = `${address.text}/${address.family === 4 ? 32 : 128} ${key}:`;
      const present = held.find((line) => line.startsWith(head))?.split(" ") ?? [];
      const list = frontend.weights.map(({ backend, weight }) => {
        const server = `${checker.backend(backend)?.config.address.text}=`;
        const kept = weight === "kept" && present.find((text) => text.startsWith(server));
        return kept || `${server}${weight}`;
      });
      return `${head} ${list.sort().join(" ")}`;
    }).sort();
  }

  /** Waits until VPP holds this; the result is how long that took. */
  async becomes(...expected: string[]): Promise<number> {
    const wanted = expected.toSorted().join("\n");
    return await this.until(() => this.state().join("\n") === wanted, `VPP holds\n${wanted}`);
  }

  /** Waits until VPP holds what the checker asks for; the result is how long that took. */
  async becomesAsWanted(): Promise<number> {
    return await this.until(
      () => this.state().join("\n") === this.wanted().join("\n"),
      "VPP holds what is wanted",
    );
  }

  /** Full syncs finished so far. */
  get fullSyncs(): number {
    return this.log.named("vpp-lbsync-done").filter(({ scope }) => scope === "all").length;
  }

  /** What became of VPP, as `change detail`. */
  vppEvents(): string[] {
    return this.events.flatMap((event) =>
      event.kind === "vpp" ? `${event.change} ${event.detail}`.trimEnd() : []
    );
  }

  /** The end of the log, and what is missing in VPP: what one wants to see when a test fails. */
  story(): string {
    const records = this.log.records.filter(({ level }) => level !== "debug").slice(-25)
      .map(({ msg, attributes }) => `  ${msg} ${JSON.stringify(attributes)}`);
    return [...records, "VPP holds", ...this.state(), "wanted is", ...this.wanted()].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sim.behave();
    await this.#end();
    this.sim.kill("told to");
    await this.pass(10);
    assert.equal(this.sim.clients, 0, "a connection is left");
    assert.equal(this.sim.segmentsOpen, 0, "a stats segment is left");
    assert.equal(this.clock.pending, 0, "a timer is left");
  }

  async #end(): Promise<void> {
    const { stream, checker, vpp } = this.#daemon;
    await this.while(vpp.close());
    checker.close();
    stream.close();
  }

  #newDaemon(): Daemon {
    const { clock, log } = this;
    const stream = new EventStream(clock, log);
    logEvents(stream, log);
    stream.subscribe((event) => this.events.push(event));
    const prober = new FakeProber(clock);
    const checker = new Checker({
      config: configOf(this.wish),
      probing: onThisThread({
        ...{ clock, log, random: () => 0.5, startProbe: prober.start },
        fatal: (error) => this.fatal.push(error),
      }),
      clock,
      log,
      events: stream,
    });
    const observer: VppObserver = {
      apiMessage: () => {},
      lbSync: (scope, kind) => void this.synced.push(`${scope} ${kind}`),
      altered: () => void this.altered++,
    };
    const vpp = new Vpp({
      ...{ apiAddr: "api.sock", statsAddr: "stats.sock", checker, events: stream, log, clock },
      supervisor: new Supervisor({ clock, log, fatal: (error) => this.fatal.push(error) }),
      observer,
      ...portsOf(this.sim),
      ...this.options.access,
    });
    return { stream, checker, prober, vpp };
  }

  #setOne(state: BackendState, name: string): void {
    const { checker } = this;
    if (state === "disabled") return void steer(checker).disable(name);
    if (checker.backend(name)?.state === "disabled") steer(checker).enable(name);
    if (state === "paused") return void steer(checker).pause(name);
    if (state === "unknown") steer(checker).pause(name);
    steer(checker).resume(name);
    if (state !== "unknown") this.#answer(name, state === "up" ? pass : fail);
  }

  #answer(name: string, result: typeof pass): void {
    const address = this.checker.backend(name)?.config.address.text ?? "";
    const { flights } = this.#daemon.prober;
    // The wheel has ticks of 10 ms: the next probe is not far.
    for (let waited = 0; !flights.has(address) && waited < 100; waited += 10) {
      this.clock.advance(10);
    }
    const flight = flights.get(address);
    assert.ok(flight, `no probe of ${name} is on its way`);
    flight.answer(result);
  }
}
