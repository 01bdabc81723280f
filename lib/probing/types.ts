import type { Health } from "../health/mod.ts";
import type { ProbeResult, ProbeTarget } from "../probes/mod.ts";

/**
 * What whoever decides about backends tells whoever probes them. Rows are numbers from 0 up.
 * `revision` grows with each order for a row, so that both know which of them the other has heard.
 */
export type Order =
  /** Memory for `rowsPerPart` rows more. */
  | { readonly kind: "grow"; readonly memory: SharedArrayBuffer }
  /** Begin anew: what is under way is of no use any more, and this is known. */
  | {
    readonly kind: "aim";
    readonly row: number;
    readonly revision: number;
    readonly target: ProbeTarget;
    readonly health: Health;
    /** Milliseconds within which the first probe comes. */
    readonly withinMs: number;
  }
  /** The same server in the same way, at other times: what was found out holds. */
  | {
    readonly kind: "retime";
    readonly row: number;
    readonly revision: number;
    readonly target: ProbeTarget;
    /** Milliseconds within which the next probe comes, unless one is under way; or as it was to. */
    readonly withinMs: number | undefined;
  }
  /** Probe no more. */
  | { readonly kind: "halt"; readonly row: number }
  /** Whether every result is to be told. */
  | { readonly kind: "pulses"; readonly wanted: boolean };

/** A result, and when it came: Unix milliseconds. */
export interface DatedResult extends ProbeResult {
  readonly at: number;
}

/** What whoever probes has to tell. */
export interface Report {
  /**
   * - `verdict`: the first result since a row was aimed, or one that changed its state.
   * - `pulse`: any other result.
   * - `lack`: a probe could not be made for a lack of our own, which says nothing of the backend.
   */
  readonly kind: "verdict" | "pulse" | "lack";
  readonly row: number;
  /** The last order for the row that counted when the result came. */
  readonly revision: number;
  /** What it makes of the row. */
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

/** Whoever probes, wherever that is. */
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
