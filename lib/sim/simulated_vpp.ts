import { type FileDescriptor, type Mapping, mapShared, memfd } from "../net/mod.ts";
import { type Clock, systemClock, type Timer } from "../time/mod.ts";
import { ApiServer } from "./api_server.ts";
import { ByHand, snapshot, vipKey, type VipName, type VipSnapshot } from "./by_hand.ts";
import { Dispatcher } from "./dispatcher.ts";
import { FaultPlan, type Misbehaviour } from "./faults.ts";
import { Gate } from "./gate.ts";
import { Journal } from "./journal.ts";
import { VppCrash } from "./lb_types.ts";
import { messageTable, type TableEntry } from "./message_table.ts";
import { StatsServer } from "./stats_server.ts";
import { recordedIdentity, segmentBytes, Vpp, type VppIdentity } from "./vpp.ts";

/** How to run a simulated VPP. */
export interface SimulatedVppOptions {
  /** The API socket. */
  readonly apiPath: string;
  /** The stats socket. */
  readonly statsPath: string;
  /** The system's when absent. */
  readonly clock?: Clock;
  /** Worker threads besides the main one; none when absent. Traffic goes to the first. */
  readonly workers?: number;
  /** What differs from the recorded VPP. */
  readonly identity?: Partial<VppIdentity>;
  /** Names without CRC of messages that this VPP lacks, as an older one would. */
  readonly lacks?: readonly string[];
  /** Names without CRC of messages that this VPP has with another CRC. */
  readonly changed?: readonly string[];
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

/** One running VPP and what belongs to it. */
interface Running {
  readonly vpp: Vpp;
  readonly api: ApiServer;
  stats: StatsServer | undefined;
  readonly memory: FileDescriptor;
  readonly mapping: Mapping;
  readonly timers: Set<Timer>;
}

/** How often deleted servers are collected. */
const collectionMs = 60_000;
const beatMs = 10_000;

/** A VPP with the lb plugin, on sockets of its own. It does not run until {@link start}. */
export class SimulatedVpp implements AsyncDisposable {
  /** Everything that happened, over all restarts. */
  readonly journal: Journal;
  /** Changes behind the control plane's back. */
  readonly byHand: ByHand;
  readonly #options: SimulatedVppOptions;
  readonly #clock: Clock;
  readonly #faults = new FaultPlan();
  readonly #gate = new Gate();
  readonly #table: readonly TableEntry[];
  readonly #ending = new Set<Promise<void>>();
  #running: Running | undefined;
  #starts = 0;

  /** Nothing is opened yet. */
  constructor(options: SimulatedVppOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#table = tableWith(options);
    this.journal = new Journal(() => this.#clock.now());
    this.byHand = new ByHand(() => this.#vpp().lb);
  }

  /** Whether it runs. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Starts empty. Nothing happens if it runs already. */
  start(): void {
    if (this.#running) return;
    const memory = memfd("sim-stats", segmentBytes);
    const mapping = mapShared(memory, segmentBytes);
    const vpp = new Vpp(this.#identity(), {
      clock: this.#clock,
      memory: mapping.buffer,
      workers: this.#options.workers ?? 0,
    });
    removeIfThere(this.#options.statsPath);
    const api = new ApiServer({
      path: this.#options.apiPath,
      clock: this.#clock,
      dispatcher: new Dispatcher(vpp, this.#table),
      faults: this.#faults,
      journal: this.journal,
      gate: this.#gate,
      onDeath: (reason) => this.kill(reason),
    });
    this.#running = { vpp, api, stats: undefined, memory, mapping, timers: new Set() };
    this.startStats();
    this.#every(collectionMs, () => vpp.lb.collect());
    this.#every(beatMs, () => vpp.beat());
    this.#starts++;
    this.journal.note({ kind: "started" });
  }

  /** Ends it at once as `kill -9` would: its sockets stay in the file system, and nobody listens. */
  kill(reason = "killed"): void {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    this.#gate.open();
    for (const timer of running.timers) timer.cancel();
    this.#untilEnded(running.api.close());
    if (running.stats) this.#untilEnded(running.stats.close());
    running.mapping[Symbol.dispose]();
    running.memory[Symbol.dispose]();
    this.journal.note({ kind: "died", reason });
  }

  /** Ends it and removes its sockets; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.kill("stopped");
    await Promise.all(this.#ending);
    removeIfThere(this.#options.apiPath);
    removeIfThere(this.#options.statsPath);
  }

  /** Kills it and starts it again, empty. */
  restart(): void {
    this.kill("restarted");
    this.start();
  }

  /** See {@link stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** It goes on accepting clients and answers nothing, until {@link resume}. */
  hang(): void {
    this.#gate.close();
  }

  /** Ends a hang: what has piled up meanwhile is carried out. */
  resume(): void {
    this.#gate.open();
  }

  /** Closes the stats socket and removes it. Segments handed out stay readable. */
  stopStats(): void {
    const running = this.#running;
    if (!running?.stats) return;
    this.#untilEnded(running.stats.close());
    running.stats = undefined;
    removeIfThere(this.#options.statsPath);
  }

  /** Opens the stats socket again. */
  startStats(): void {
    const running = this.#running;
    if (!running || running.stats) return;
    running.stats = new StatsServer({
      path: this.#options.statsPath,
      segment: running.memory,
      gate: this.#gate,
      journal: this.journal,
    });
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
    return snapshot(this.#vpp().lb);
  }

  /** Packets that arrive now, flow after flow. Kills VPP where it would kill a real one. */
  traffic(traffic: Traffic): void {
    const { lb } = this.#vpp();
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
    return this.#vpp().segment.beginChange();
  }

  #vpp(): Vpp {
    if (!this.#running) throw new Error("the simulated VPP does not run");
    return this.#running.vpp;
  }

  /** A restarted VPP is another process. */
  #identity(): VppIdentity {
    const identity = { ...recordedIdentity, ...this.#options.identity };
    return { ...identity, pid: identity.pid + this.#starts };
  }

  #every(ms: number, run: () => void): void {
    const timers = this.#running?.timers;
    const timer = this.#clock.after(ms, () => {
      timers?.delete(timer);
      run();
      this.#every(ms, run);
    });
    timers?.add(timer);
  }

  #untilEnded(work: Promise<void>): void {
    const ended = work.finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

/** A simulated VPP that does not run yet. */
export function createSimulatedVpp(options: SimulatedVppOptions): SimulatedVpp {
  return new SimulatedVpp(options);
}

function tableWith(options: SimulatedVppOptions): TableEntry[] {
  const nameOf = ({ nameCrc }: TableEntry) => nameCrc.slice(0, nameCrc.lastIndexOf("_"));
  return messageTable
    .filter((entry) => !options.lacks?.includes(nameOf(entry)))
    .map((entry) =>
      options.changed?.includes(nameOf(entry))
        ? { ...entry, nameCrc: `${nameOf(entry)}_deadbeef` }
        : entry
    );
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
