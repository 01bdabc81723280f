import type { CheckerControl, CheckerView, ReloadOutcome } from "../checker/mod.ts";
import type { Config } from "../config/mod.ts";
import type { Actor, EventPage, EventQuery, EventSink, Journal } from "../events/mod.ts";
import type { VppPlan, VppService } from "../vpp/mod.ts";

/** The result of checking the configuration file. Messages are for the operator. */
export type ConfigCheckOutcome =
  | {
    readonly kind: "ok";
    /** Settings without effect, or hardly meant so, a line each. */
    readonly warnings?: readonly string[];
    /** The effect of applying it; undefined where nobody asked. */
    readonly reload?: ReloadOutcome;
    /** What VPP is told for it; undefined where nobody asked, and with VPP off. */
    readonly vpp?: VppForecast | undefined;
  }
  | { readonly kind: "parse-error"; readonly message: string }
  | { readonly kind: "semantic-error"; readonly message: string };

/** What a reload tells VPP. */
export type VppForecast =
  | VppPlan & {
    readonly kind: "known";
    /** The configuration that is loaded. */
    readonly config: Config;
  }
  /** The reason is a clause for the operator. */
  | { readonly kind: "unknown"; readonly reason: string };

/** The result of applying the configuration file; nothing was changed unless `ok`. */
export type ConfigReloadOutcome =
  | ConfigCheckOutcome
  | { readonly kind: "reload-error"; readonly message: string }
  /** It takes too much out of service, and was not forced. */
  | { readonly kind: "refused"; readonly message: string; readonly reload: ReloadOutcome };

/** The configuration file, for the RPCs that check and reload it. */
export interface ConfigService {
  /** Validates the file without applying it. */
  check(): Promise<ConfigCheckOutcome>;
  /** Validates the file and tells what applying it would come to, without applying it. */
  foresee(): Promise<ConfigReloadOutcome>;
  /** Validates and applies the file, as SIGHUP does; `actor` is who asks. */
  reload(actor: Actor, isForced?: boolean): Promise<ConfigReloadOutcome>;
}

/** Keeps what operators say beyond the end of the process. */
export interface Memory {
  /**
   * Keeps at once what was said of these, by name. Resolves to why it is not kept, or to undefined
   * when it is; soon in any case.
   */
  kept(concerned: {
    readonly backends: readonly string[];
    readonly frontends: readonly string[];
  }): Promise<string | undefined>;
}

/** What is kept of events beyond memory. */
export interface EventArchive {
  /** One page, of events older than those in memory. `next` may come with a page that is not full. */
  list(query: EventQuery): Promise<EventPage>;
}

/** What a daemon tells of itself. */
export interface DaemonStatus {
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly config: {
    readonly path: string;
    /** Unix milliseconds at which the configuration in force was put into force. */
    readonly loadedAt: number;
    /** Whether the file is another one now. */
    readonly isChanged: boolean;
    /** Why the last reload was refused; empty if it was not. */
    readonly rejected: string;
  };
  /** What connections are secured with; undefined: nothing. */
  readonly tls?: {
    /** The file of the certificate. */
    readonly path: string;
    /** Unix milliseconds at which the one in force ends. */
    readonly end: number;
    /** Why the files as they are now are not in force; empty if they are. */
    readonly rejected: string;
  } | undefined;
  readonly state: {
    /** Empty where nothing outlives the process. */
    readonly directory: string;
    /** Since when nothing is kept (Unix milliseconds), and why; undefined while it is. */
    readonly notKept: { readonly since: number; readonly reason: string } | undefined;
    /** What was wrong with the file, and when (Unix milliseconds). */
    readonly troubles: readonly { readonly at: number; readonly text: string }[];
  };
}

/** What the API shows and steers. */
export interface ApiSources {
  readonly checker: CheckerView & CheckerControl;
  /** Keeps what the checker's stream of events has told. */
  readonly journal: Journal;
  /** Where events are that the journal holds no more; absent: nowhere. */
  readonly archive?: EventArchive | undefined;
  /** Keeps what operators say; absent: it is forgotten when the process ends. */
  readonly memory?: Memory | undefined;
  /** Tells of the daemon itself. Never rejects. */
  readonly status: () => Promise<DaemonStatus>;
  /** The same stream, to tell what operators do that the checker does not see. */
  readonly events: EventSink;
  /** Undefined when VPP integration is off. */
  readonly vpp: VppService | undefined;
  /** The configuration file. */
  readonly config: ConfigService;
}
