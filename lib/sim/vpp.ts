import type { Clock } from "../time/mod.ts";
import { prepareRouteCounters, writeInitialDirectory } from "./counters.ts";
import { Fib } from "./fib.ts";
import { LoadBalancer } from "./lb.ts";
import { SegmentWriter } from "./segment.ts";

/** What a VPP says of itself. */
export interface VppIdentity {
  /** Process id; each restart adds one. */
  readonly pid: number;
  /** Without the leading `v`. */
  readonly version: string;
  /** ISO 8601, without a zone. */
  readonly buildDate: string;
  /** Where it was built. */
  readonly buildDirectory: string;
  /** As in `show version`: who built it, and where. */
  readonly builder: string;
}

/** That of the recorded VPP. */
export const recordedIdentity: VppIdentity = {
  pid: 22804,
  version: "26.10-rc0~374-gb575ec2c56d",
  buildDate: "2026-11-21T00:07:13",
  buildDirectory: "/build/vpp/x",
  builder: "root on vm",
};

/** Bytes of the stats segment: VPP's default. The memory is only used where something lies. */
export const segmentBytes = 32 * 1024 * 1024;

/** Where VPP pretends to have mapped the segment. */
const segmentBase = 0x7ff2_8113_2000n;

/** Everything that one running VPP knows, without its sockets. */
export class Vpp {
  readonly segment: SegmentWriter;
  readonly fib: Fib;
  readonly lb: LoadBalancer;
  readonly #clock: Clock;
  readonly #bootedAt: number;

  /** `memory` becomes its stats segment. `workers` is the number of threads besides the main one. */
  constructor(
    readonly identity: VppIdentity,
    options: { readonly clock: Clock; readonly memory: ArrayBuffer; readonly workers: number },
  ) {
    this.#clock = options.clock;
    this.#bootedAt = options.clock.now();
    this.segment = new SegmentWriter(options.memory, segmentBase, options.workers + 1);
    writeInitialDirectory(this.segment, Math.floor(options.clock.wall() / 1000));
    this.fib = new Fib((index) => prepareRouteCounters(this.segment, index));
    this.lb = new LoadBalancer({
      fib: this.fib,
      segment: this.segment,
      uptime: () => this.uptime(),
    });
  }

  /** Seconds since it started, with fractions. */
  uptime(): number {
    return (this.#clock.now() - this.#bootedAt) / 1000;
  }

  /** What VPP's collector does every ten seconds. */
  beat(): void {
    const uptime = Math.floor(this.uptime());
    this.segment.set("scalar", "/sys/heartbeat", Math.floor(uptime / 10));
    this.segment.set("scalar", "/sys/last_update", uptime);
  }
}
