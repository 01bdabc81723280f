import { ipFromBytes } from "../../../lib/ip/mod.ts";
import type { JournalEntry, SimulatedVpp } from "../../../lib/sim/mod.ts";
import { textField } from "../grpc.ts";
import type { Address } from "../socket.ts";
import { Caller, CallError } from "./caller.ts";
import { steered } from "./config.ts";

/** How an operator on the machine fared. */
export interface OperatorSeen {
  /** Changes asked for. */
  readonly changes: number;
  /** Those refused, or not in VPP after 10 s. */
  readonly failed: number;
  /** Milliseconds from connecting to the weight in VPP, at worst. */
  readonly worstMs: number;
}

const patienceMs = 10_000;
const everyMs = 1_000;

/**
 * An operator who takes a backend out and puts it back, over a new connection each time as
 * maglevc does, and looks into VPP for the outcome. Servers that lose their weight though nobody
 * asked for it are told as well.
 */
export class Operator implements AsyncDisposable {
  /** Messages to VPP that take traffic from a server that is well. */
  readonly offences: string[] = [];
  #changes = 0;
  #failed = 0;
  #worstMs = 0;
  /** When the change that is on its way was asked for. */
  #since: number | undefined;
  #over = false;
  #heard: (weight: number) => void = () => {};
  readonly #api: Address;
  readonly #work: Promise<void>;
  readonly #unsubscribe: () => void;

  /** Begins at once; all backends are up. */
  constructor(vpp: SimulatedVpp, api: Address) {
    this.#api = api;
    this.#unsubscribe = vpp.journal.subscribe((entry) => this.#look(entry));
    this.#work = this.#steer();
  }

  /** What was since the last time; a change that is not in VPP yet counts with the time so far. */
  take(): OperatorSeen {
    const waiting = this.#since === undefined ? 0 : performance.now() - this.#since;
    const worstMs = Math.max(this.#worstMs, waiting);
    const seen = { changes: this.#changes, failed: this.#failed, worstMs };
    this.#changes = this.#failed = this.#worstMs = 0;
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#work;
    this.#unsubscribe();
  }

  async #steer(): Promise<void> {
    while (!this.#over) {
      const start = this.#since = performance.now();
      await this.#change("DisableBackend", 0);
      this.#since = undefined;
      // Back in service it is probed first, so how long that takes tells of the probe.
      await this.#change("EnableBackend", 100, false);
      const left = everyMs - (performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, Math.max(50, left)));
    }
  }

  async #change(method: string, weight: number, counts = true): Promise<void> {
    const start = performance.now();
    const arrived = this.#arrival(weight);
    if (counts) this.#changes++;
    try {
      const caller = await Caller.connect(this.#api);
      try {
        await Promise.all([caller.call(method, textField(1, steered.name)), arrived]);
      } finally {
        caller.close();
      }
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      await arrived.catch(() => {});
      if (counts) this.#failed++;
      if (counts) this.#worstMs = Math.max(this.#worstMs, performance.now() - start);
      return;
    }
    if (counts) this.#worstMs = Math.max(this.#worstMs, await arrived - start);
  }

  /** When VPP is told this weight. */
  #arrival(weight: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timer = setTimeout(() => reject(new CallError("not in VPP in 10 s")), patienceMs);
    this.#heard = (heard) => {
      if (heard !== weight) return;
      clearTimeout(timer);
      resolve(performance.now());
    };
    promise.catch(() => {});
    return promise;
  }

  #look(entry: JournalEntry): void {
    if (entry.kind !== "request") return;
    const { name, fields } = entry.request;
    if (name !== "lb_as_set_weight" && name !== "lb_add_del_as_v2") return;
    const address = addressOf(fields.as_address);
    if (address === steered.address) return this.#heard(Number(fields.weight));
    const isTaken = fields.is_del === true || fields.weight === 0 || fields.is_flush === true;
    if (isTaken) this.offences.push(`${name} ${address}`);
  }
}

function addressOf(field: unknown): string {
  const { bytes } = field as { readonly bytes: Uint8Array };
  return ipFromBytes(bytes.slice(0, 4)).text;
}
