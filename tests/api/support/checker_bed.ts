import assert from "node:assert/strict";
import { Checker } from "../../../lib/checker/mod.ts";
import type { Config } from "../../../lib/config/mod.ts";
import { EventStream, Journal, logEvents, type MaglevEvent } from "../../../lib/events/mod.ts";
import type { BackendState } from "../../../lib/health/mod.ts";
import type { ProbeResult } from "../../../lib/probes/mod.ts";
import { onThisThread } from "../../../lib/probing/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { fail, FakeProber, pass } from "../../checker/support/bench.ts";
import { steer } from "../../support/steer.ts";
import { FakeLog } from "../../port/support/fake_log.ts";
import { smallConfig } from "./small_config.ts";

/** A clock by which telling events takes as long as a test wants it to. */
class TellingClock extends FakeClock {
  /** Milliseconds that pass from one look to the next. */
  pace = 0;
  #passed = 0;

  override now(): number {
    return super.now() + (this.#passed += this.pace);
  }
}

/** A real checker whose time and probes are in a test's hands, its stream and its journal. */
export class CheckerBed implements Disposable {
  readonly clock = new FakeClock();
  readonly prober = new FakeProber(this.clock);
  readonly log = new FakeLog();
  readonly #telling = new TellingClock();
  readonly stream = new EventStream(this.#telling, this.log);
  readonly journal: Journal;
  readonly events: MaglevEvent[] = [];
  readonly checker: Checker;

  constructor(config: Config = smallConfig(), kept = 10_000) {
    this.journal = new Journal(this.stream, kept);
    this.stream.subscribe((event) => this.events.push(event));
    this.checker = new Checker({
      config,
      probing: onThisThread({
        startProbe: this.prober.start,
        clock: this.clock,
        random: () => 0.5,
        log: this.log,
        fatal: (error) => assert.fail(error),
      }),
      clock: this.clock,
      log: this.log,
      events: this.stream,
    });
  }

  /** Writes events to the log from now on, as the daemon does. */
  logEvents(): void {
    logEvents(this.stream, this.log);
  }

  /** Answers the backend's next probe. */
  probe(name: string, result: ProbeResult = pass): void {
    const address = this.checker.backend(name)?.config.address.text ?? "";
    for (let waited = 0; !this.prober.flights.has(address); waited += 10) {
      assert.ok(waited < 60_000, `no probe of ${name} within a minute`);
      this.clock.advance(10);
    }
    this.prober.flights.get(address)?.answer(result);
  }

  /** Brings a backend into another state, by probes or as an operator. */
  move(name: string, to: Exclude<BackendState, "removed">): void {
    const { checker } = this;
    const state = () => checker.backend(name)?.state;
    if (state() === to) return;
    if (state() === "disabled") steer(checker).enable(name);
    if (state() === "paused") steer(checker).resume(name);
    if (to === "disabled") steer(checker).disable(name);
    if (to === "paused") steer(checker).pause(name);
    if (to === "unknown" && state() !== "unknown") {
      steer(checker).disable(name);
      steer(checker).enable(name);
    }
    if (to === "up" || to === "down") {
      while (state() !== to) this.probe(name, to === "up" ? pass : fail);
    }
  }

  /** Puts another configuration in force and turns the clock until all is told. */
  async reload(config: Config): Promise<void> {
    let done = false;
    const reloading = this.checker.reload(config).finally(() => done = true);
    reloading.catch(() => {});
    for (let turn = 0; !done; turn++) {
      assert.ok(turn < 10_000, "the reload does not end");
      await this.clock.advanceAsync(0);
      this.#telling.advance(0);
    }
    await reloading;
  }

  /** From now on nothing is told, as while a reload that changed a great deal is. */
  hold(): void {
    this.#telling.pace = 10;
  }

  /** One event is told, if one waits. */
  tellOne(): void {
    this.#telling.pace = 3;
    this.#telling.advance(0);
    this.hold();
  }

  /** Tells what waits, and everything else at once again. */
  release(): void {
    this.#telling.pace = 0;
    this.#telling.advance(0);
  }

  [Symbol.dispose](): void {
    this.checker.close();
    this.stream.close();
    assert.equal(this.clock.pending, 0, "a closed checker left a timer");
  }
}

/** Counts who listens to a bed's events from now on. */
export function countListeners({ stream }: CheckerBed): () => number {
  const subscribe = stream.subscribe.bind(stream);
  let listeners = 0;
  stream.subscribe = (listener) => {
    listeners++;
    const unsubscribe = subscribe(listener);
    return () => {
      listeners--;
      unsubscribe();
    };
  };
  return () => listeners;
}
