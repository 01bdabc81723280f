import type { MaglevEvent } from "../events/mod.ts";
import type { StartProbe } from "../probes/mod.ts";
import { InMemoryVpp, portsOf } from "../sim/mod.ts";
import { FakeClock } from "../time/mod.ts";
import { type Action, misbehave, tamper } from "./actions.ts";
import { RunLog, SimulatedDaemon } from "./daemon.ts";
import {
  differences,
  isNameMoved,
  isSameWanted,
  loweredPlaces,
  restartFaults,
  type Wanted,
  wantedNow,
} from "./desired.ts";
import { Disturbance } from "./disturbance.ts";
import { DrainWatch } from "./drain_watch.ts";
import { edited, keepsTraffic } from "./edits.ts";
import { reloadAsForeseen, ReloadWatch, steer, steeredBy, type Steering } from "./foresight.ts";
import { HeldWatch, shown, WireWatch } from "./wire_watch.ts";
import type { History, Outcome, RunOptions } from "./history.ts";
import { MemoryKeeping } from "./memory_keeping.ts";
import { SimulatedNetwork, StartWatch } from "./network.ts";
import { Random } from "./random.ts";
import { Reasons } from "./reasons.ts";
import { unsafe } from "./safety_watch.ts";
import { configOf, serverAddress, type Site } from "./site.ts";
import { WellWatch } from "./well_watch.ts";
import { during, nextTurn, randomTurns } from "./timing.ts";

/** In a check, what is desired must come to rest within this time, in milliseconds. */
const restMs = 400_000;

/** Runs a history: the whole daemon on one clock. Equal histories have equal outcomes. */
export async function runHistory(history: History, options: RunOptions = {}): Promise<Outcome> {
  const run = new Run(history, options);
  await run.play();
  return { wrong: run.wrong, lines: run.lines };
}

class Run {
  readonly wrong: string[] = [];
  readonly #history: History;
  readonly #clock = new FakeClock();
  readonly #random: Random;
  readonly #log: RunLog;
  readonly #network: SimulatedNetwork;
  readonly #startProbe: StartProbe;
  readonly #vpp: InMemoryVpp;
  readonly #reasons: Reasons;
  readonly #held = new HeldWatch(() => this.#disturbance.isLasting);
  readonly #well: WellWatch;
  readonly #wire: WireWatch;
  #site: Site;
  #keeping: MemoryKeeping | undefined;
  #daemon: SimulatedDaemon;
  #wanted: Wanted | undefined;
  /** What the present maglevd has learned since it was started. */
  #start = new StartWatch();
  /** When the file was last loaded anew, or the calendar set. */
  #reloadedAt = 0;
  readonly #reloadWatch = new ReloadWatch();
  readonly #drains = new DrainWatch();
  /** When what is desired last changed. */
  #changedAt = 0;
  /** When maglevd was started last. */
  #startedAt = 0;
  /** The longest delay that this start began with: a reload does not change it. */
  #warmUpMs = 0;
  readonly #disturbance: Disturbance;
  #flowTimeout: number | undefined;
  /** An operator has said something to the present maglevd. */
  #isSteered = false;

  constructor(history: History, { keepsLog = false, meddle, probing }: RunOptions) {
    this.#history = history;
    const random = this.#random = new Random(history.seed ^ 0x5eed);
    const clock = this.#clock;
    this.#log = new RunLog(clock, keepsLog);
    const disturbance = this.#disturbance = new Disturbance(clock, history.longestDelayMs);
    this.#network = new SimulatedNetwork(clock, random.fork());
    const wireRandom = random.fork();
    this.#vpp = new InMemoryVpp({
      clock,
      random: wireRandom.next,
      delayMs: () => wireRandom.next() * history.longestDelayMs,
      // Learning all of 853 messages anew would be a tenth of the time that histories take.
      short: true,
    });
    const isKnown = (address: string) => this.#start.isKnown(address);
    this.#reasons = new Reasons(() => clock.now(), () => disturbance.windowMs, isKnown);
    const isWell = (address: string) =>
      !this.#network.everFaulty.has(address) &&
      this.#network.answersFor(address) > disturbance.windowMs + 2 * history.lagMs;
    this.#well = new WellWatch(history.site, isWell, () => clock.now() - disturbance.windowMs);
    this.#wire = new WireWatch(this.#reasons, this.#held, this.#well);
    this.#vpp.journal.subscribe((entry) => {
      if (entry.kind === "started") {
        this.#reasons.vppStarted();
        this.#held.cleared();
        this.#flowTimeout = undefined;
      }
      if (entry.kind === "connected") this.#reasons.lifeBegan();
      if (entry.kind === "request" && entry.request.name === "lb_conf" && entry.retval === 0) {
        this.#flowTimeout = Number(entry.request.fields.flow_timeout);
      }
      if (keepsLog && entry.kind !== "stats-client") this.#log.note(`vpp ${shown(entry)}`);
      // What is desired may be another than what has been told so far.
      if (entry.kind === "request") this.#sample();
      this.#wire.see(entry);
    });
    clock.turn = randomTurns(clock, random.fork(), history.longestDelayMs / 10);
    this.#site = history.site;
    this.#keeping = history.persists ? new MemoryKeeping() : undefined;
    this.#startProbe = probing ? probing(this.#network.start) : this.#network.start;
    this.#vpp.start();
    meddle?.(this.#vpp, clock);
    this.#daemon = this.#startDaemon();
  }

  get lines(): readonly string[] {
    return this.#log.lines;
  }

  get #quietMs(): number {
    return this.#disturbance.quietMs;
  }

  async play(): Promise<void> {
    const { actions } = this.#history;
    await this.#turn(0);
    for (const action of actions) {
      this.#log.note(JSON.stringify(action));
      await this.#act(action);
      await this.#turn(0);
      this.#look();
      if (this.wrong.length > 0) break;
    }
    await this.#end();
  }

  #startDaemon(): SimulatedDaemon {
    this.#startedAt = this.#clock.now();
    this.#isSteered = false;
    this.#warmUpMs = this.#site.startupMaxDelayMs;
    const history = this.#history;
    const start = this.#start = new StartWatch();
    const daemon = new SimulatedDaemon({
      config: configOf(this.#site),
      clock: this.#clock,
      random: this.#random.fork().next,
      lagMs: history.lagMs,
      startProbe: start.watching(this.#startProbe),
      ports: portsOf(this.#vpp),
      log: this.#log,
      keeping: this.#keeping,
      onEvent: (event) => this.#hear(event),
      blame: (what) => this.#blame(what),
    });
    this.#daemon = daemon;
    start.begin(daemon.checker, this.#clock);
    this.#sample();
    return daemon;
  }

  #blame(what: string): void {
    this.wrong.push(what);
    this.#log.note(`WRONG: ${what}`);
  }

  #hear(event: MaglevEvent): void {
    this.#start.hear(event);
    this.#reloadWatch.hear(event, this.#daemon.checker);
    this.wrong.push(...this.#drains.hear(event, this.#daemon.checker, this.#clock));
    this.#sample();
    if (event.kind === "weight" && event.flush) {
      const { checker } = this.#daemon;
      const address = checker.config.backends.get(event.backend)?.address.text ?? "";
      const frontend = checker.frontend(event.frontend);
      for (const [name, vip] of this.#wanted ?? []) {
        const isIts = frontend && vip.prefix.startsWith(`${frontend.config.address.text}/`) &&
          vip.port === frontend.config.port;
        if (isIts) this.#reasons.flushAsked(name, address);
      }
    }
    if (event.kind === "backend" && event.transition.to === "down") this.#judgeFailure(event);
  }

  /** A server that has always been well is never found to be down. */
  #judgeFailure(event: MaglevEvent & { readonly kind: "backend" }): void {
    if (event.cause.kind !== "probe" || this.#network.everFaulty.has(event.address)) return;
    this.#blame(`${event.backend} is down, but ${event.address} has always been well`);
  }

  #sample(): void {
    const wanted = wantedNow(this.#daemon.checker);
    if (this.#wanted && isSameWanted(wanted, this.#wanted)) return;
    for (const wrong of unsafe(this.#daemon.checker)) this.#blame(wrong);
    this.#wanted = wanted;
    this.#changedAt = this.#clock.now();
    this.#reasons.sample(wanted);
  }

  async #turn(ms: number): Promise<void> {
    await this.#clock.advanceAsync(ms, nextTurn);
  }

  /** What has to be right at any time. */
  #look(): void {
    this.#sample();
    this.wrong.push(...this.#wire.wrong.splice(0), ...this.#log.errors.splice(0));
    this.wrong.push(...this.#daemon.differences(), ...this.#start.unprobed(this.#calmSince));
    const now = this.#clock.now();
    const { isLasting, isOver, stalledUntil } = this.#disturbance;
    this.wrong.push(...this.#drains.late(this.#daemon.checker, now, stalledUntil));
    const isCalm = !isLasting && isOver && this.#vpp.running;
    const isSettled = now - this.#changedAt > this.#quietMs && this.#isWarm;
    if (isCalm && isSettled) this.#compare();
  }

  /** Since when nothing has kept probes from being made, or is about to be made up for. */
  get #calmSince(): number {
    const [{ calmAt }, { stalledUntil }] = [this.#network, this.#disturbance];
    return Math.max(calmAt, stalledUntil, this.#reloadedAt);
  }

  get #isWarm(): boolean {
    return this.#clock.now() > this.#startedAt + this.#warmUpMs + 2 * this.#quietMs;
  }

  #compare(): void {
    for (const wrong of differences(this.#wanted ?? new Map(), this.#vpp.state())) {
      this.#blame(wrong);
    }
    for (const wrong of this.#held.unflushed(this.#wanted ?? new Map())) this.#blame(wrong);
    const { flowTimeoutSeconds } = this.#daemon.checker.config.lb;
    if (this.#flowTimeout !== flowTimeoutSeconds) {
      this.#blame(`flow-timeout is ${this.#flowTimeout} in VPP, not ${flowTimeoutSeconds}`);
    }
  }

  async #act(action: Action): Promise<void> {
    switch (action.do) {
      case "wait":
        return await this.#turn(action.ms);
      case "check":
        return await this.#check();
      case "server":
        return this.#network.set(serverAddress(action.server).text, action.behaviour);
      case "lack":
        return this.#network.lack(action.ms);
      case "stall":
        this.#disturbance.stalls(action.ms);
        this.#clock.jump(action.ms);
        this.#network.stoodStill(action.ms);
        return this.#disturbance.for(2 * this.#quietMs);
      case "operator":
      case "drain":
      case "weigh":
      case "many":
        return this.#steer(action);
      case "reload":
        return await this.#reload(action.edits);
      case "reject":
        return this.#daemon.reject();
      case "sync":
        return this.#daemon.sync(action.frontend);
      case "vpp":
        return this.#disturbVpp(action.what);
      case "fault":
        this.#disturbance.isLasting = true;
        return misbehave(this.#vpp, action);
      case "tamper":
        if (!this.#vpp.running) return;
        this.#disturbance.isLasting = this.#wire.isTampered = true;
        return tamper(this.#vpp, action, this.#reasons, this.#held);
      case "restart":
        return await this.#restart(action);
      case "calendar":
        return this.#setCalendar(action.ms);
      case "read":
        this.#daemon.read();
    }
  }

  #steer(action: Steering): void {
    for (const backend of steeredBy(action)) this.#well.steered(backend);
    this.#isSteered = true;
    steer(this.#daemon.checker, action, (what) => this.#blame(what));
  }

  async #reload(edits: (Action & { readonly do: "reload" })["edits"]): Promise<void> {
    const siteBefore = this.#site;
    this.#site = edits.reduce(edited, this.#site);
    this.#well.loading(this.#site, this.#clock.now());
    const before = this.#wanted ?? new Map();
    const config = configOf(this.#site);
    const reloading = reloadAsForeseen(this.#daemon.checker, config, this.#reloadWatch);
    const { isRefused, wrong } = await during(reloading, () => this.#turn(0.01));
    for (const each of wrong) this.#blame(each);
    if (isRefused) this.#well.loading(this.#site = siteBefore, this.#clock.now());
    // The global settings may be others now.
    this.#reloadedAt = this.#changedAt = this.#clock.now();
    if (this.#reloadWatch.isOther || !(isRefused || edits.every(keepsTraffic))) return;
    if (!this.#isSteered || !isNameMoved(siteBefore, this.#site)) {
      this.#judgeEdits(before, "reload");
    }
  }

  /** Nobody has less because of edits that keep traffic, unless an operator spoke of a moved name. */
  #judgeEdits(before: Wanted, by: "reload" | "restart"): void {
    const lowered = loweredPlaces(before, this.#wanted ?? new Map());
    for (const place of lowered) this.#blame(`a ${by} alone lowered ${place}`);
  }

  #disturbVpp(what: (Action & { readonly do: "vpp" })["what"]): void {
    const vpp = this.#vpp;
    if (what === "hang" && vpp.running) this.#disturbance.hangs();
    this.#disturbance.ofTheWay(true);
    if (what !== "hang" || vpp.running) vpp[what]();
  }

  /** Nothing is desired that was not before if the state was kept to the end, and the file is the same. */
  async #restart({ isKilled, edits = [] }: Action & { readonly do: "restart" }): Promise<void> {
    const before = this.#wanted ?? new Map();
    const siteBefore = this.#site;
    this.#site = edits.reduce(edited, this.#site);
    const mayLower = !edits.every(keepsTraffic) ||
      (this.#isSteered && isNameMoved(siteBefore, this.#site));
    const survivor = isKilled ? this.#keeping?.survivor() : undefined;
    this.#disturbance.ofTheWay(false);
    const closing = this.#daemon.close();
    this.#vpp.cut();
    await during(closing, () => this.#turn(1));
    const told = this.#daemon.journal.size;
    this.#keeping = survivor ?? this.#keeping;
    if (this.#site !== siteBefore) this.#well.loading(this.#site, this.#clock.now());
    this.#startDaemon();
    this.#drains.restarted(this.#keeping !== undefined);
    if (!this.#keeping || isKilled) return;
    if (this.#site !== siteBefore) {
      return mayLower ? undefined : this.#judgeEdits(before, "restart");
    }
    const lost = told - this.#daemon.journal.size;
    for (const wrong of restartFaults(before, this.#wanted, lost)) this.#blame(wrong);
  }

  #setCalendar(ms: number): void {
    this.#clock.setCalendar(ms);
    this.#drains.calendarSet(this.#clock.now());
    this.#reloadedAt = this.#clock.now();
  }

  /** Nothing happens any more, and soon VPP holds what is desired. */
  async #check(): Promise<void> {
    this.#network.settle();
    this.#vpp.behave();
    if (!this.#vpp.running) this.#disturbVpp("start");
    const disturbance = this.#disturbance;
    const wasDisturbed = disturbance.isLasting;
    const end = this.#clock.now() + restMs;
    if (wasDisturbed) disturbance.ofTheWay(true);
    if (wasDisturbed) disturbance.for(this.#driftMs);
    for (;;) {
      await this.#turn(this.#quietMs);
      this.#sample();
      if (!this.#vpp.running) this.#disturbVpp("start");
      const now = this.#clock.now();
      const isQuiet = now - this.#changedAt > this.#quietMs && this.#isWarm;
      if (isQuiet && disturbance.isOver) break;
      if (now > end) return this.#blame("what is desired does not come to rest");
    }
    disturbance.end();
    this.#wire.isTampered = false;
    this.#compare();
    for (const wrong of this.#daemon.unrest()) this.#blame(wrong);
  }

  /** How long a drift pass and what it repairs may take. */
  get #driftMs(): number {
    const { syncIntervalMs } = this.#site;
    return syncIntervalMs > 60_000 ? 0 : syncIntervalMs + 20 * this.#quietMs;
  }

  async #end(): Promise<void> {
    let isDone = false;
    const closing = this.#daemon.close().finally(() => isDone = true);
    for (let waited = 0; !isDone && waited < 60; waited++) await this.#turn(1_000);
    if (!isDone) this.#blame("maglevd does not end");
    else await closing;
    this.#vpp.kill();
    await this.#turn(2 * this.#quietMs);
    this.wrong.push(...this.#wire.wrong.splice(0), ...this.#log.errors.splice(0));
    const { clients, segmentsOpen } = this.#vpp;
    if (clients + segmentsOpen > 0) {
      this.#blame(`${clients} connections and ${segmentsOpen} segments are left`);
    }
    if (this.#clock.pending > 0) this.#blame(`${this.#clock.pending} timers are left`);
  }
}
