import { createSimulatedVpp, type SimulatedVpp } from "../../lib/sim/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { createVpp, type LbSyncKind, type Vpp, type VppObserver } from "../../lib/vpp/mod.ts";
import { type ConfigWish, FakeChecker } from "./fake_checker.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { settle, until } from "../support/until.ts";

/** A simulated VPP, a fake checker, and between them what is tested; all on one fake clock. */
export class TestBed implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog("info");
  readonly synced: string[] = [];
  readonly checker: FakeChecker;
  readonly sim: SimulatedVpp;
  readonly #folder: string;
  #vpp: Vpp;

  constructor(wish: ConfigWish, state: "unknown" | "up" = "up") {
    this.#folder = Deno.makeTempDirSync();
    this.checker = new FakeChecker(wish, state);
    this.sim = createSimulatedVpp({
      apiPath: `${this.#folder}/api.sock`,
      statsPath: `${this.#folder}/stats.sock`,
      clock: this.clock,
    });
    this.#vpp = this.#create();
  }

  get vpp(): Vpp {
    return this.#vpp;
  }

  /** Starts VPP and what is tested, and waits until they are connected. */
  async start(): Promise<void> {
    this.sim.start();
    this.#vpp.start();
    await this.connected();
  }

  /** As `maglevd` after kill -9: nothing is left of it but what VPP has. */
  async replaceVppRoom(): Promise<void> {
    await this.#vpp.close();
    this.#vpp = this.#create();
  }

  connected(): Promise<void> {
    return until(() => this.vpp.info() !== undefined && this.vpp.counters()?.at !== 0, "connected");
  }

  /** Lets time pass second by second: what is asked of VPP is answered meanwhile. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1_000);
      await settle(30);
    }
  }

  /** Full syncs finished so far. */
  get fullSyncs(): number {
    return this.log.named("vpp-lbsync-done").filter(({ scope }) => scope === "all").length;
  }

  /** The VIPs in use and their servers in use: `192.0.2.1/32 6 80: 10.0.0.1=100 …`. */
  state(): string[] {
    return this.sim.state().filter(({ used }) => used).map(
      ({ prefix, protocol, port, servers }) => {
        const list = servers.filter(({ used }) => used)
          .map(({ address, weight }) => `${address}=${weight}`).sort();
        return `${prefix} ${protocol} ${port}: ${list.join(" ")}`;
      },
    ).sort();
  }

  async becomes(...expected: string[]): Promise<void> {
    const wanted = expected.toSorted().join("\n");
    try {
      await until(() => this.sim.running && this.state().join("\n") === wanted);
    } catch {
      throw new Error(`VPP holds\n${this.state().join("\n")}\ninstead of\n${wanted}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vpp.close();
    await this.sim.stop();
    await Deno.remove(this.#folder, { recursive: true });
    if (this.clock.pending > 0) throw new Error(`${this.clock.pending} timers are left`);
    if (this.checker.listeners > 0) throw new Error("a listener is left");
  }

  #create(): Vpp {
    const observer: VppObserver = {
      apiMessage: () => {},
      lbSync: (scope: string, kind: LbSyncKind) => void this.synced.push(`${scope} ${kind}`),
    };
    return createVpp({
      apiAddr: `${this.#folder}/api.sock`,
      statsAddr: `${this.#folder}/stats.sock`,
      checker: this.checker,
      log: this.log,
      clock: this.clock,
      observer,
    });
  }
}
