import type { Health } from "../health/mod.ts";
import type { ProbeResult, ProbeTarget } from "../probes/mod.ts";

/**
 * What the checker tells the probing threads. Each probed backend has a row, a number from 0 up.
 * `revision` grows with each order for a row: a report says which order it follows.
 */
export type Order =
  /** Memory for `rowsPerPart` rows more. */
  | { readonly kind: "grow"; readonly memory: SharedArrayBuffer }
  /** Probe this target from now on, starting from this health; drop a probe under way. */
  | {
    readonly kind: "aim";
    readonly row: number;
    readonly revision: number;
    readonly target: ProbeTarget;
    readonly health: Health;
    /** Milliseconds within which the first probe comes. */
    readonly withinMs: number;
  }
  /** The same target at other intervals: results and counters stay. */
  | {
    readonly kind: "retime";
    readonly row: number;
    readonly revision: number;
    readonly target: ProbeTarget;
    /** Milliseconds within which the next probe comes if by the new intervals it is overdue. */
    readonly withinMs: number;
  }
  /** Stop probing. */
  | { readonly kind: "halt"; readonly row: number }
  /** Whether to report every result. */
  | { readonly kind: "pulses"; readonly wanted: boolean };

/** A result, and when it came: Unix milliseconds. */
export interface DatedResult extends ProbeResult {
  readonly at: number;
}

/** What a probing thread reports. */
export interface Report {
  /**
   * - `verdict`: the first result since a row was aimed, or one that changed its state.
   * - `pulse`: any other result.
   * - `lack`: maglevd lacked resources to make the probe, which says nothing about the backend.
   */
  readonly kind: "verdict" | "pulse" | "lack";
  readonly row: number;
  /** The last order for the row that was carried out before the result. */
  readonly revision: number;
  /** The health of the row after it. */
  readonly health: Health;
  readonly result: DatedResult;
}

/** How probing keeps up. Counts are since the start. */
export interface ScheduleStats {
  /** Probes that started more than 10 ms after the tick of 10 ms in which they were due. */
  readonly delayed: number;
  /** Probes that started more than 50 ms after they were due. */
  readonly late: number;
  /** The worst delay of a start, in milliseconds. */
  readonly maxLatenessMs: number;
  /** How often the process was stopped or fell 100 ms behind, and the schedule was moved. */
  readonly stalls: number;
  /** Failures that did not count because the process had been stopped. */
  readonly excused: number;
  /** Probes that ended. */
  readonly done: number;
  /** Probes on their way now. */
  readonly running: number;
  /** Rows waiting for their next probe now. */
  readonly scheduled: number;
}

/** A connection to what probes, on this thread or another. */
export interface ProbeLink {
  /** Carries out orders, in this order. */
  order(order: Order): void;
  /** How it keeps up. */
  stats(): ScheduleStats;
  /** Probes no more. */
  close(): void;
}

/** Makes a link; reports go to `tell`. */
export type StartProbing = (tell: (report: Report) => void) => ProbeLink;
