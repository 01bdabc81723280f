import type { Config } from "../../lib/config/mod.ts";
import { createMetrics } from "../../lib/metrics/mod.ts";
import type { Metrics, MetricsSources } from "../../lib/metrics/mod.ts";
import type { ProbeCode } from "../../lib/probes/mod.ts";
import { Board, newPart } from "../../lib/probing/board.ts";
import type { Counts } from "../../lib/probing/mod.ts";
import { Budget } from "../../lib/port/mod.ts";
import { apiMethods } from "../../lib/api/mod.ts";
import type { Clock } from "../../lib/time/mod.ts";
import type { LbCounters, VppService } from "../../lib/vpp/mod.ts";
import { Bench, pass, sketch } from "../checker/support/bench.ts";

/** One probe, counted. */
export function counted(code: ProbeCode, durationMs: number): Counts {
  const board = new Board();
  board.grow(newPart());
  board.count(0, code, durationMs);
  return board.tally(0);
}

/** A VPP that is connected and has counted something. */
export function fakeVpp(clock: Clock): VppService {
  const counters: LbCounters = {
    at: clock.wall(),
    vips: [{
      prefix: "192.0.2.1/32",
      protocol: "tcp",
      port: 443,
      next: 1,
      first: 2,
      untracked: 3,
      noServer: 4,
    }, {
      ...{ prefix: "192.0.2.1/32", protocol: "udp", port: 443 },
      ...{ next: 5, first: 6, untracked: 7, noServer: 8 },
    }],
    addresses: [{ prefix: "192.0.2.1/32", packets: 36, bytes: 9_007_199_254_740_991 }],
    servers: [{ address: "10.0.0.1", packets: 7, bytes: 700 }],
  };
  const unused = () => Promise.reject(new Error("not part of this test"));
  return {
    info: () => ({
      version: "25.10",
      buildDate: "2025-10-29",
      buildDirectory: "/w",
      pid: 77,
      bootTime: clock.wall() - 60_000,
      connectedSince: clock.wall() - 5000,
    }),
    step: () => ({ inStep: true, since: 0, checkedAt: 0, differs: [] }),
    complaint: () => undefined,
    away: () => undefined,
    warmup: () => ({ phase: "over" }),
    state: unused,
    plan: unused,
    foresee: unused,
    sync: unused,
    counters: () => counters,
  };
}

/** Metrics around a checker whose backends have passed a probe, everything attached. */
export class MetricsBed implements Disposable {
  readonly bench: Bench;
  readonly metrics: Metrics;

  /** `clock` is that of the metrics; the checker's own, which a test turns, when absent. */
  constructor(
    options: {
      config?: Config;
      vpp?: (clock: Clock) => VppService;
      clock?: Clock;
      certificateEnds?: MetricsSources["certificateEnds"];
    } = {},
  ) {
    const { config = sketch({ backends: {} }), vpp } = options;
    const { certificateEnds = () => ({ server: 1_900_000_000_500, clientCa: 2e12 }) } = options;
    this.bench = new Bench(config, { answers: { ...pass, certificateEnd: 1_800_000_000_500 } });
    const { checker } = this.bench;
    this.bench.clock.advance(600);
    const clock = options.clock ?? this.bench.clock;
    this.metrics = createMetrics({
      clock,
      build: { version: "1.2.3", commit: "abc", date: "2026-11-21" },
      methods: apiMethods({ reflection: true }),
    });
    const budget = new Budget({ name: "seats", unit: "seats", limit: 10, reason: "it has ten" });
    budget.take(9);
    for (let i = 0; i < 3; i++) budget.take(4);
    const stats = {
      ...{
        delayed: 7,
        late: 6,
        maxLatenessMs: 51,
        stalls: 1,
        excused: 2,
        done: 9,
        running: 3,
        scheduled: 4,
      },
    };
    this.metrics.attach({
      ...{ checker, vpp: vpp?.(clock) },
      logDropped: () => 5,
      checkerStats: () => stats,
      certificateEnds,
      budgets: () => [budget],
    });
  }

  [Symbol.dispose](): void {
    this.metrics.close();
    this.bench[Symbol.dispose]();
  }
}

/** One whole scrape as text. */
export async function scrapeText(metrics: Metrics): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const slice of metrics.scrape()) text += decoder.decode(slice, { stream: true });
  return text;
}
