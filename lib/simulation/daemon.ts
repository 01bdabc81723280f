import { Checker } from "../checker/mod.ts";
import type { Config } from "../config/mod.ts";
import {
  because,
  EventStream,
  Journal,
  logEvents,
  type MaglevEvent,
  OperatorError,
} from "../events/mod.ts";
import type { LogAttributes, Logger, LogLevel } from "../log/mod.ts";
import type { StartProbe } from "../probes/mod.ts";
import { onThisThread } from "../probing/mod.ts";
import type { VppPorts } from "../sim/mod.ts";
import { Keeper, restoredFrom } from "../state/mod.ts";
import { Supervisor } from "../supervisor/mod.ts";
import type { Clock, FakeClock } from "../time/mod.ts";
import { trafficOf, Vpp } from "../vpp/mod.ts";
import { Listener } from "./listener.ts";
import type { MemoryKeeping } from "./memory_keeping.ts";
import { heldThoughNeeded } from "./safety_watch.ts";
import { lagging } from "./timing.ts";
import { shown } from "./wire_watch.ts";

/** What a simulated maglevd is made of. */
export interface DaemonOptions {
  readonly config: Config;
  readonly clock: FakeClock;
  readonly random: () => number;
  /** How long it takes from the thread that decides to the one that probes, and back, at most. */
  readonly lagMs: number;
  readonly startProbe: StartProbe;
  readonly ports: VppPorts;
  readonly log: Logger;
  /** Where its state is kept; undefined: nowhere. */
  readonly keeping: MemoryKeeping | undefined;
  /** Told of each event, after all others. */
  readonly onEvent: (event: MaglevEvent) => void;
  /** Told what should not have happened. */
  readonly blame: (what: string) => void;
}

/** maglevd without its sockets: checker, events, journal and VPP's side, as the daemon wires them. */
export class SimulatedDaemon {
  readonly checker: Checker;
  readonly vpp: Vpp;
  readonly journal: Journal;
  readonly #events: EventStream;
  readonly #listener: Listener;
  readonly #keeper: Keeper | undefined;
  /** Requests to VPP's side that have no answer yet. */
  #waiting = 0;
  /** Number of the last event that was told. */
  #told: number;

  constructor(options: DaemonOptions) {
    const { config, clock, log, random, lagMs, startProbe, ports, blame, onEvent } = options;
    const events = this.#events = new EventStream(clock, log);
    logEvents(events, log);
    this.journal = new Journal(events);
    const fatal = (error: Error) => blame(`fatal: ${error.message}`);
    const supervisor = new Supervisor({ clock, log, fatal });
    const { keeping } = options;
    const kept = keeping?.state;
    if (kept) {
      events.goOnBehind(kept.lastSeq);
      this.journal.restore(kept.events, kept.lastSeq);
    }
    const restored = kept && restoredFrom(kept, clock.wall(), config.stateMaxAgeMs);
    if (restored?.isHealthFresh) this.journal.goOnWith(restored.backends.keys());
    const probing = onThisThread({ clock, log, random, startProbe, fatal });
    this.checker = new Checker({
      ...{ config, clock, log, events, restored },
      probing: lagMs > 0 ? lagging(probing, clock, random, lagMs) : probing,
    });
    this.#keeper = keeping && new Keeper({ keeping, clock, log, journal: this.journal });
    void this.#keeper?.open().then(() => this.#keeper?.follow(this.checker));
    this.vpp = new Vpp({
      ...{ apiAddr: "api.sock", statsAddr: "stats.sock", clock, log, events, supervisor, ...ports },
      checker: this.checker,
      flushes: kept && {
        restored: kept.flushes,
        changed: (flushes) => this.#keeper?.flushed(flushes),
      },
    });
    this.checker.watchTraffic(() => trafficOf(this.vpp.counters()));
    // A drain may have ended by that, which those hear who subscribed before.
    this.#listener = new Listener(this.checker);
    this.#told = events.lastSeq;
    events.subscribe((event) => {
      this.#told = event.seq;
      for (const wrong of this.#listener.hear(event)) blame(wrong);
      onEvent(event);
    });
    this.vpp.start();
  }

  /**
   * How what events told differs from what is, and who is held though somebody needs it; nothing
   * while some have yet to be told.
   */
  differences(): string[] {
    if (!this.#isAllTold) return [];
    return [...this.#listener.differences(), ...heldThoughNeeded(this.checker)];
  }

  get #isAllTold(): boolean {
    return this.#told === this.#events.lastSeq;
  }

  /** What is not as it should be once VPP holds what is desired and nothing happens any more. */
  unrest(): string[] {
    const step = this.vpp.step();
    const wrong = this.#waiting > 0 ? [`${this.#waiting} who asked VPP have no answer`] : [];
    if (!this.#isAllTold) wrong.push(`events after ${this.#told} were not told`);
    if (step?.inStep && step.differs.length === 0) return wrong;
    return [...wrong, `VPP is in step, but it is said to be ${shown(step)}`];
  }

  /** An operator has VPP brought in line; what becomes of it shows in VPP. */
  sync(frontend: string | undefined): void {
    this.#await(this.vpp.sync(frontend));
  }

  #await(answer: Promise<unknown>): void {
    this.#waiting++;
    answer.catch(ignoreRefusal).finally(() => this.#waiting--);
  }

  /** A file was loaded that cannot be used: nothing but an event may come of it. */
  reject(): void {
    const rejected = { kind: "reload", result: "rejected", stage: "semantic" } as const;
    const cause = { kind: "config" } as const;
    this.#events.emit(because({ cause, actor: undefined }, [{ ...rejected, reason: "made up" }]));
  }

  /** Some people ask at once what VPP holds, and what would be changed. */
  read(): void {
    for (let i = 0; i < 5; i++) {
      this.#await(this.vpp.state());
      this.#await(this.vpp.plan());
    }
  }

  /** Ends it. VPP keeps what it has. */
  async close(): Promise<void> {
    const closing = Promise.all([this.vpp.close(), this.#keeper?.close()]);
    this.checker.close();
    this.journal[Symbol.dispose]();
    this.#events.close();
    await closing;
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof OperatorError)) throw error;
}

/** Errors that a simulation brings about itself. */
const expected = new Set(["probing-impaired", "config-check-failed"]);

/** The log of a history: every line has its moment, so two equal runs have equal logs. */
export class RunLog implements Logger {
  readonly lines: string[] = [];
  /** Errors that should not have been logged. */
  readonly errors: string[] = [];

  constructor(private readonly clock: Clock, private readonly isWanted: boolean) {}

  debug = (msg: string, attributes?: LogAttributes): void => this.write("debug", msg, attributes);
  info = (msg: string, attributes?: LogAttributes): void => this.write("info", msg, attributes);
  warn = (msg: string, attributes?: LogAttributes): void => this.write("warn", msg, attributes);
  error = (msg: string, attributes?: LogAttributes): void => this.write("error", msg, attributes);

  enabled(level: LogLevel): boolean {
    return level !== "debug";
  }

  /** Notes what the simulation itself does. */
  note(text: string): void {
    if (this.isWanted) this.lines.push(`${this.#moment()} --- ${text}`);
  }

  write(level: LogLevel, msg: string, attributes: LogAttributes = {}): void {
    const isError = level === "error" && !expected.has(msg);
    if (level === "debug" || (!this.isWanted && !isError)) return;
    const told = Object.entries(attributes).filter(([key, value]) =>
      value !== undefined && key !== "stack"
    ).map(([key, value]) => `${key}=${value}`);
    const line = [this.#moment(), level, msg, ...told].join(" ");
    if (this.isWanted) this.lines.push(line);
    if (isError) this.errors.push(line);
  }

  #moment(): string {
    return this.clock.now().toFixed(3).padStart(12);
  }
}
