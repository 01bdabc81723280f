import type { CheckerView } from "../../checker/mod.ts";
import type { Logger } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";
import type { ApiClient } from "../client/mod.ts";
import type { FlushLedger } from "../lb/mod.ts";
import type { VppObserver } from "../service.ts";

/** What syncing needs; one per connection. */
export interface SyncContext {
  readonly client: Pick<ApiClient, "request" | "dump">;
  readonly checker: CheckerView;
  readonly ledger: FlushLedger;
  readonly log: Logger;
  readonly clock: Clock;
  readonly observer?: Pick<VppObserver, "lbSync"> | undefined;
  /** Whether the VIP of this frontend may be touched: not all may in the warm-up. */
  readonly mayTouch: (frontend: string) => boolean;
  /** Told once when the connection has failed. */
  readonly broken: (error: unknown) => void;
}
