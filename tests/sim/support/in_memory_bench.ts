import assert from "node:assert/strict";
import { InMemoryVpp, type InMemoryVppOptions, portsOf } from "../../../lib/sim/mod.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { type ApiClient, connectApi, type StatsSegment } from "../../../lib/vppclient/mod.ts";
import { statsNames } from "../../../lib/vpp/counters.ts";
import { Random } from "../../h2/fuzz/random.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

/** Nothing here takes longer in fake time unless it is broken. */
const patienceMs = 60_000;

/** A VPP without sockets, its clients, and the clock that all of them go by. */
export class InMemoryBench {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog();
  readonly random: Random;
  readonly vpp: InMemoryVpp;

  /** Started, all choices drawn from `seed`. */
  constructor(seed: number, options: Partial<InMemoryVppOptions> = {}) {
    this.random = new Random(seed);
    this.vpp = new InMemoryVpp({
      clock: this.clock,
      random: () => this.random.next() / 2 ** 32,
      ...options,
    });
    this.vpp.start();
  }

  /** A client of the API, after its handshake. */
  connect(signal?: AbortSignal): Promise<ApiClient> {
    const { clock, log } = this;
    return connectApi("", { clock, log, deadlineMs: 10_000 }, signal, portsOf(this.vpp).connect);
  }

  /** The stats segment. */
  openSegment(signal?: AbortSignal): Promise<StatsSegment> {
    const names = Object.values(statsNames);
    const options = { clock: this.clock, names, deadlineMs: 10_000, signal };
    return portsOf(this.vpp).openSegment("", options);
  }

  /** Lets time pass, without a single task of the machine's, until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = () => void (isDone = true);
    work.then(done, done);
    for (let ms = 0; !isDone && ms < patienceMs; ms++) await this.clock.advanceAsync(1);
    assert.ok(isDone, "the work is not done");
    return await work;
  }

  /** The same for work that fails, with why it does. */
  async failure(work: Promise<unknown>): Promise<Error> {
    const outcome = await this.until(work.then(() => undefined, (error) => error));
    assert.ok(outcome instanceof Error, "the work did not fail");
    return outcome;
  }

  /** What happened to VPP, with the times. */
  story(): string[] {
    return this.vpp.journal.entries.map((event) => JSON.stringify(event));
  }
}
