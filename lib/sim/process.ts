import { type Clock, every, systemClock, type Timer } from "../time/mod.ts";
import { Api } from "./api.ts";
import { ByHand, snapshot, vipKey, type VipName, type VipSnapshot } from "./by_hand.ts";
import { Dispatcher } from "./dispatcher.ts";
import { FaultPlan, Gate, type Misbehaviour } from "./faults.ts";
import { Journal } from "./journal.ts";
import { VppCrash } from "./lb_types.ts";
import {
  type MessageTable,
  type OutgoingMessage,
  type TableChanges,
  tableWith,
} from "./messages.ts";
import { recordedIdentity, Vpp, type VppIdentity } from "./vpp.ts";

/** What a simulated VPP is made of, however it is reached. */
export interface ProcessOptions extends TableChanges {
  /** The system's when absent. */
  readonly clock?: Clock;
  /** Worker threads besides the main one; none when absent. Traffic goes to the first. */
  readonly workers?: number;
  /** What differs from the recorded VPP. */
  readonly identity?: Partial<VppIdentity>;
}

/** Packets for a VIP. */
export interface Traffic {
  /** Nothing happens when VPP has no such VIP. */
  readonly vip: VipName;
  /** How many flows, numbered from `firstFlow`. */
  readonly flows: number;
  /** 0 when absent. Packets of a flow with the same number belong together. */
  readonly firstFlow?: number;
  /** Packets of each flow. */
  readonly packets: number;
  /** Of each packet, without the encapsulation; 100 when absent. */
  readonly bytes?: number;
  /** The thread it arrives on: the first worker, or the main thread without any. */
  readonly thread?: number;
}

const isDead = "the simulated VPP does not run";

/** How often deleted servers are collected. */
const collectionMs = 60_000;
const beatMs = 10_000;

/**
 * A VPP with the lb plugin: a process that starts empty, dies and starts again. How clients reach
 * it is for the classes that extend it to say. It does not run until {@link start}.
 */
export abstract class VppProcess {
  /** Everything that happened, over all restarts. */
  readonly journal: Journal;
  /** Changes behind the control plane's back. */
  readonly byHand: ByHand;
  /** @internal Closed while it hangs. */
  protected readonly gate: Gate = new Gate();
  protected readonly clock: Clock;
  readonly #options: ProcessOptions;
  readonly #faults = new FaultPlan();
  readonly #table: MessageTable;
  readonly #timers: Timer[] = [];
  #running: { readonly vpp: Vpp; readonly api: Api } | undefined;
  #starts = 0;

  /** Nothing is opened yet. */
  constructor(options: ProcessOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.#table = tableWith(options);
    this.journal = new Journal(() => this.clock.now());
    this.byHand = new ByHand(() => this.#vpp.lb);
  }

  /** Zeroed memory for the stats segment of a VPP that starts. */
  protected abstract allocate(): ArrayBuffer;

  /** @internal It has started: from now on clients reach `api` and the stats segment. */
  protected abstract open(api: Api): void;

  /** It has died: all its clients are dropped, and nobody listens. */
  protected abstract close(): void;

  /** Whether it runs. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Starts empty, as another process. Nothing happens if it runs already. */
  start(): void {
    if (this.#running) return;
    const vpp = new Vpp(this.#identity(), {
      clock: this.clock,
      memory: this.allocate(),
      workers: this.#options.workers ?? 0,
    });
    const api = new Api({
      clock: this.clock,
      dispatcher: new Dispatcher(vpp, this.#table),
      faults: this.#faults,
      journal: this.journal,
      gate: this.gate,
      onDeath: (reason) => this.kill(reason),
    });
    this.#running = { vpp, api };
    this.open(api);
    this.#timers.push(
      every(this.clock, collectionMs, () => vpp.lb.collect()),
      every(this.clock, beatMs, () => vpp.beat()),
    );
    this.#starts++;
    this.journal.note({ kind: "started" });
  }

  /** Ends it at once as `kill -9` would. */
  kill(reason = "killed"): void {
    if (!this.#running) return;
    this.#running.api.close();
    this.#running = undefined;
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.close();
    this.gate.open();
    this.journal.note({ kind: "died", reason });
  }

  /** Kills it and starts it again, empty. */
  restart(): void {
    this.kill("restarted");
    this.start();
  }

  /** It goes on accepting clients and answers nothing, until {@link resume}. */
  hang(): void {
    this.gate.close();
  }

  /** Ends a hang: what has piled up meanwhile is carried out. */
  resume(): void {
    this.gate.open();
  }

  /** Sends a message that nobody asked for to every client. Throws when it does not run. */
  say(outgoing: OutgoingMessage): void {
    if (!this.#running) throw new Error(isDead);
    this.#running.api.say(outgoing);
  }

  /** Misbehaves from now on; the returned function ends it. */
  misbehave(rule: Misbehaviour): () => void {
    return this.#faults.add(rule);
  }

  /** Ends all misbehaviour, a hang included. */
  behave(): void {
    this.#faults.clear();
    this.resume();
  }

  /** All VIPs, deleted ones that still have servers included. */
  state(): VipSnapshot[] {
    return snapshot(this.#vpp.lb);
  }

  /** Packets that arrive now, flow after flow. Kills VPP where it would kill a real one. */
  traffic(traffic: Traffic): void {
    const { lb } = this.#vpp;
    const vip = lb.find(vipKey(traffic.vip));
    if (!vip) return;
    const thread = traffic.thread ?? Math.min(1, this.#options.workers ?? 0);
    const first = traffic.firstFlow ?? 0;
    try {
      for (let packet = 0; packet < traffic.packets; packet++) {
        for (let flow = first; flow < first + traffic.flows; flow++) {
          lb.flows.packet(vip, flow, traffic.bytes ?? 100, thread);
        }
      }
    } catch (error) {
      if (!(error instanceof VppCrash)) throw error;
      this.kill(error.message);
    }
  }

  /** Marks the stats segment as being changed until the returned function is called. */
  beginStatsChange(): () => void {
    return this.#vpp.segment.beginChange();
  }

  get #vpp(): Vpp {
    if (!this.#running) throw new Error(isDead);
    return this.#running.vpp;
  }

  /** A restarted VPP is another process. */
  #identity(): VppIdentity {
    const identity = { ...recordedIdentity, ...this.#options.identity };
    return { ...identity, pid: identity.pid + this.#starts };
  }
}
