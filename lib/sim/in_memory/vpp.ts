import { abortable, type Clock } from "../../time/mod.ts";
import {
  type Connect,
  type openStatsSegment,
  segmentIn,
  type SegmentOptions,
  type SegmentSource,
  type StatsSegment,
  type Transport,
} from "../../vppclient/mod.ts";
import type { Api } from "../api.ts";
import { type ProcessOptions, VppProcess } from "../process.ts";
import { MemoryConnection } from "./connection.ts";

/** How to run a simulated VPP without sockets. */
export interface InMemoryVppOptions extends ProcessOptions {
  /** Everything happens by it: nothing else delays, wakes or measures anything. */
  readonly clock: Clock;
  /** From 0 to 1: decides how long things take, how streams are cut into pieces and cut off. */
  readonly random: () => number;
  /** Milliseconds that the next piece of a stream takes; evenly from 0 to 2 when absent. */
  readonly delayMs?: () => number;
  /** Of the stats segment; 256 KiB when absent, enough for some 500 VIPs with 5 servers each. */
  readonly segmentBytes?: number;
}

const longestDelayMs = 2;

/**
 * A VPP in this process, for simulations: reached by calls, and told what to do by the clock and
 * by numbers drawn from a seed, so that equal seeds give equal runs. Each connection keeps its
 * order; what different connections do comes in any order.
 */
export class InMemoryVpp extends VppProcess {
  readonly #memory: InMemoryVppOptions;
  readonly #connections = new Set<MemoryConnection>();
  #api: Api | undefined;
  #segment = new ArrayBuffer(0);
  #segmentsOpen = 0;
  #connected = 0;
  #hasStats = true;

  /** Nothing is opened yet. */
  constructor(options: InMemoryVppOptions) {
    super(options);
    this.#memory = options;
  }

  /** Clients of the API. */
  get clients(): number {
    return this.#connections.size;
  }

  /** Segments that were handed out and not disposed of since. */
  get segmentsOpen(): number {
    return this.#segmentsOpen;
  }

  /** Connects to the API. Rejects as a socket does, or with the signal's reason. */
  connect(_path: string, signal?: AbortSignal): Promise<Transport> {
    return this.#soon(signal, () => this.#accept());
  }

  /** Asks for the stats segment. Rejects as a socket does, or with the signal's reason. */
  async openSegment(_path: string, options: SegmentOptions): Promise<StatsSegment> {
    const { deadlineMs, signal } = options;
    await this.#soon(signal, () => this.#refuseUnless(this.#hasStats));
    const asked = this.#segment;
    await this.#served(deadlineMs, signal);
    if (asked !== this.#segment) throw new Deno.errors.ConnectionReset(reset);
    this.journal.note({ kind: "stats-client" });
    return segmentIn(this.#handOut(asked), options);
  }

  /** Drops all clients of the API and goes on. */
  cut(): void {
    for (const connection of [...this.#connections]) connection.close();
  }

  /** Refuses clients of the stats segment. Those handed out stay readable. */
  stopStats(): void {
    this.#hasStats = false;
  }

  /** Accepts them again. */
  startStats(): void {
    this.#hasStats = true;
  }

  protected override allocate(): ArrayBuffer {
    return this.#segment = new ArrayBuffer(this.#memory.segmentBytes ?? 256 * 1024);
  }

  /** @internal */
  protected override open(api: Api): void {
    this.#api = api;
  }

  protected override close(): void {
    this.#api = undefined;
    this.#segment = new ArrayBuffer(0);
    this.cut();
  }

  #accept(): Transport {
    const api = this.#refuseUnless(true);
    const connection = new MemoryConnection({
      number: ++this.#connected,
      api,
      clock: this.clock,
      random: this.#memory.random,
      delayMs: () => this.#delayMs(),
      onGone: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    return connection.transport;
  }

  #refuseUnless(listens: boolean): Api {
    if (this.#api && listens) return this.#api;
    throw new Deno.errors.ConnectionRefused("Connection refused (os error 111)");
  }

  /** Resolves when VPP does not hang any more. */
  async #served(deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise: tooLate, reject } = Promise.withResolvers<never>();
    const timer = this.clock.after(deadlineMs, () => reject(new Deno.errors.TimedOut(late)));
    try {
      await abortable(Promise.race([this.gate.passed(), tooLate]), signal);
    } finally {
      timer.cancel();
    }
  }

  /** The segment as a client has it, which stays readable when VPP dies. */
  #handOut(buffer: ArrayBuffer): SegmentSource {
    this.#segmentsOpen++;
    return { buffer, [Symbol.dispose]: () => void this.#segmentsOpen-- };
  }

  /** Does it after a while, unless the signal is aborted first. */
  #soon<T>(signal: AbortSignal | undefined, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.clock.after(this.#delayMs(), () => {
        signal?.removeEventListener("abort", abort);
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  #delayMs(): number {
    const { delayMs, random } = this.#memory;
    return delayMs ? delayMs() : random() * longestDelayMs;
  }
}

const reset = "Connection reset by peer (os error 104)";
const late = "VPP did not hand out its stats segment in time";

/** How maglevd reaches a VPP: what takes the place of its sockets. */
export interface VppPorts {
  /** Connects to the API. */
  readonly connect: Connect;
  /** Gets the stats segment. */
  readonly openSegment: typeof openStatsSegment;
}

/** The ports to a simulated VPP; the paths mean nothing. */
export function portsOf(vpp: InMemoryVpp): VppPorts {
  return {
    connect: (path, signal) => vpp.connect(path, signal),
    openSegment: (path, options) => vpp.openSegment(path, options),
  };
}
