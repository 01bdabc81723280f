import type { ToldWeight } from "../events/mod.ts";
import type { LastUse, Role } from "../health/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { Said } from "./saved.ts";
import type { Rise } from "./slow_starts.ts";

/** The weights of one backend in one frontend, as listeners know them. */
export interface ToldWeights {
  readonly configured: ToldWeight;
  readonly effective: ToldWeight;
}

/** Of one of which listeners know nothing. */
export const absent: ToldWeights = { configured: "absent", effective: "absent" };

/** A backend's place in one frontend. */
export interface Membership {
  readonly frontend: FrontendEntry;
  readonly backend: BackendEntry;
  /** Index of the pool. */
  readonly pool: number;
  /** As in the file. */
  readonly fileWeight: number;
  /** In force: the operator's, else the file's. */
  weight: number;
  /** Who set it; undefined while it is the file's. */
  said: Said | undefined;
  /** What was last announced. */
  told: ToldWeights;
  /** As it is counted. */
  role: Role;
  /** When it last carried traffic; undefined: it did not when its check last failed. */
  lastUse: LastUse | undefined;
  /** Set for a while after it came up where the frontend has a slow start. */
  rise: Rise | undefined;
  /** It came to a frontend that there was, and VPP has nothing for it. */
  isNew: boolean;
}

/** What backends were before a reload. */
export interface Former {
  /** The name of one that has another one now. */
  readonly nameOf: (backend: BackendEntry) => string | undefined;
  /** The address at which one was. */
  readonly addressOf: (backend: BackendEntry) => string;
}
