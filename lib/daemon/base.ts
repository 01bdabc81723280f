import type { Auth } from "../access/mod.ts";
import type { EventStream, Journal } from "../events/mod.ts";
import type { DaemonLog, LimitedLog } from "../log/mod.ts";
import type { Metrics } from "../metrics/mod.ts";
import type { Budgets } from "../port/mod.ts";
import type { FatalError, Supervisor } from "../supervisor/mod.ts";
import type { TlsFiles } from "../tls/mod.ts";
import type { Settings } from "./settings.ts";
import type { Vitals } from "./vitals.ts";

/** What the parts of a daemon are made with. */
export interface Base {
  readonly settings: Settings;
  /** Who may do what; undefined: that goes by where a call comes from. */
  readonly auth: Auth | undefined;
  /** What addresses on networks are secured with; undefined: they speak in the clear. */
  readonly tls: TlsFiles | undefined;
  readonly log: DaemonLog;
  /** The same, at a limited rate where something may not settle. */
  readonly steadyLog: LimitedLog;
  readonly metrics: Metrics;
  readonly vitals: Vitals;
  readonly events: EventStream;
  readonly journal: Journal;
  readonly supervisor: Supervisor;
  readonly budgets: Budgets;
  /** The process has to end. */
  readonly fatal: (error: FatalError) => void;
}
