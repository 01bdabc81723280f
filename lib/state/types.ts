import type { SavedBackend, SavedFailOpen, SavedWeight } from "../checker/mod.ts";
import type { MaglevEvent } from "../events/mod.ts";

/** All that is kept, as the last maglevd left it. */
export interface SavedState {
  /** Unix milliseconds until which it is known to have been true; 0 when nothing was ever kept. */
  readonly aliveAt: number;
  readonly backends: readonly SavedBackend[];
  readonly weights: readonly SavedWeight[];
  readonly failOpens: readonly SavedFailOpen[];
  readonly flushes: readonly SavedFlushes[];
  /** The last events, oldest first, as many as the journal holds in memory. */
  readonly events: readonly MaglevEvent[];
  /** No event with a higher number can have been told. */
  readonly lastSeq: number;
}

/** Servers of one VIP in VPP whose flows have been moved since they went out of service. */
export interface SavedFlushes {
  /** Its id. */
  readonly vip: string;
  readonly addresses: readonly string[];
}

/** What has changed since the last batch: all of it is kept, or nothing. */
export interface Batch {
  /** Unix milliseconds. */
  readonly aliveAt: number;
  readonly backends: readonly SavedBackend[];
  /** Names of backends that are gone. */
  readonly gone: readonly string[];
  /** All that is to be kept of these frontends. */
  readonly frontends: readonly {
    readonly name: string;
    /** Those that were set by hand, perhaps none. */
    readonly weights: readonly SavedWeight[];
    /** Absent where it can never begin. */
    readonly failOpen?: SavedFailOpen | undefined;
  }[];
  /** VIPs of which these are all the servers whose flows have been moved, perhaps none. */
  readonly flushes: readonly SavedFlushes[];
  /** What has happened, in order. */
  readonly events: readonly MaglevEvent[];
  /** No event with a higher number is told before the next batch. */
  readonly lastSeq: number;
}

/** Something about the state's file that the operator has to know. */
export interface Trouble {
  readonly level: "warn" | "error";
  /** A sentence without its full stop. */
  readonly text: string;
}

/** What came of opening the file. */
export interface Opened {
  readonly state: SavedState;
  /** Whether changes can be kept. */
  readonly isWritable: boolean;
  readonly troubles: readonly Trouble[];
}

/** What came of a batch. */
export type Written =
  | { readonly kind: "kept" }
  /** Nothing of it was kept, and why. It may be tried again. */
  | { readonly kind: "failed"; readonly reason: string }
  /** What the file holds is not known any more: everything has to be written anew. */
  | { readonly kind: "emptied"; readonly troubles: readonly Trouble[] };

/** Nothing is known. */
export const nothingSaved: SavedState = {
  aliveAt: 0,
  backends: [],
  weights: [],
  failOpens: [],
  flushes: [],
  events: [],
  lastSeq: 0,
};
