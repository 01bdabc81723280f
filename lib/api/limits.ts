import type { ConnectError } from "@connectrpc/connect";
import {
  type Budget,
  type Budgets,
  type BudgetSpec,
  PeerShares,
  prefixOf,
  type SharedBudgetSpec,
  type ShareLimits,
} from "../port/mod.ts";
import {
  Backlog,
  type CallContext,
  type EventQueue,
  exhausted,
  type QueueLimits,
  rpcBudgets,
} from "../rpc/mod.ts";

/**
 * How far one watcher may fall behind. A burst of ten thousand backends that change at once, each
 * with its log record, fits into the count; the bytes bound what a stopped reader can hold while
 * others read on.
 */
export const defaultWatchLimits: QueueLimits = { count: 32_768, bytes: 8 * 1024 * 1024 };

/** What watchers of events may cost all together. */
export const watchBudgets = {
  watchers: {
    name: "watchers",
    unit: "streams",
    limit: 1024,
    reason:
      "Streams of WatchEvents: each costs its share of every event. The newest of the prefix " +
      "that has most gives way to a prefix with fewer.",
  },
  debugWatchers: {
    name: "debug-watchers",
    unit: "streams",
    limit: 32,
    reason: "Those with log records of level debug, several for each probe.",
  },
  backlog: {
    name: "watch-backlog-bytes",
    unit: "bytes",
    limit: 64 * 1024 * 1024,
    reason: "Events that watchers have not read yet; the one furthest behind is cut off.",
  },
} as const satisfies Record<string, BudgetSpec>;

/** The same for this machine itself, so that strangers who use up theirs lock no operator out. */
export const ownWatchBudgets = {
  watchers: {
    name: "own-watchers",
    unit: "streams",
    limit: 512,
    reason: "Those of this machine itself.",
  },
  debugWatchers: {
    name: "own-debug-watchers",
    unit: "streams",
    limit: 8,
    reason: "Those of this machine itself: an operator or two at work.",
  },
  backlog: {
    name: "own-watch-backlog-bytes",
    unit: "bytes",
    limit: 16 * 1024 * 1024,
    reason: "Those of this machine itself: two watchers as far behind as one may be.",
  },
} as const satisfies Record<string, BudgetSpec>;

/**
 * Calls that cost more than an answer from memory: how many of each class are under way at most.
 * Who waits for the same shares one answer, so that these bound what waiting costs.
 */
export const callClasses = {
  checks: {
    name: "check-calls",
    unit: "calls of CheckConfig",
    limit: 8,
    perPrefix: 2,
    reserved: 2,
    reason: "Each reads and parses the whole file, one after the other.",
  },
  reloads: {
    name: "reload-calls",
    unit: "calls of ReloadConfig",
    limit: 8,
    perPrefix: 2,
    reserved: 2,
    reason: "Each reads the file, compares everything and syncs all of VPP.",
  },
  vppReads: {
    name: "vpp-read-calls",
    unit: "calls that read VPP",
    limit: 64,
    perPrefix: 16,
    reserved: 16,
    reason: "VPP is asked for all it holds; a plan compares that with what is desired.",
  },
  vppSyncs: {
    name: "vpp-sync-calls",
    unit: "calls of SyncVPPLBState",
    limit: 16,
    perPrefix: 4,
    reserved: 4,
    reason: "Each asks VPP for all it holds and brings it in line.",
  },
  lists: {
    name: "list-calls",
    unit: "calls for long lists",
    limit: 2048,
    perPrefix: 256,
    reserved: 512,
    reason: "Lists with details and pages of events are made in slices, once for all who wait.",
  },
  archive: {
    name: "archive-calls",
    unit: "calls for old events",
    limit: 32,
    perPrefix: 8,
    reserved: 16,
    reason: "Each may look at 20,000 events on disk, for a tenth of a second, one after the other.",
  },
} as const satisfies Record<string, SharedBudgetSpec>;

/** One of {@link callClasses}. */
export type CallClass = keyof typeof callClasses;

/** Every budget of the API, those of its messages included. */
export const apiBudgets: readonly (BudgetSpec & Partial<ShareLimits>)[] = [
  ...rpcBudgets,
  ...Object.values(watchBudgets),
  ...Object.values(ownWatchBudgets),
  ...Object.values(callClasses),
];

/**
 * Calls that cost more than an answer from memory. Of each class so many are under way; one more is
 * refused at once, so that the others are answered in time. This machine has slots of its own.
 */
export class CallSlots {
  constructor(private readonly shares: PeerShares) {}

  /** Runs a call if there is a slot. Rejects with ResourceExhausted if there is none. */
  async run<T>(
    { principal: { peer } }: Pick<CallContext, "principal">,
    work: () => T | Promise<T>,
  ): Promise<T> {
    const { shares } = this;
    const prefix = prefixOf(peer);
    const claim = shares.claim(prefix);
    if (typeof claim === "string") {
      throw exhausted(`too many at a time: ${shares.refuse(claim, prefix, peer)}`);
    }
    try {
      return await work();
    } finally {
      claim.giveBack();
    }
  }
}

/** The slots of each class. */
export type CallSlotsByClass = Readonly<Record<CallClass, CallSlots>>;

/** Opens the budgets of all classes. */
export function openCallSlots(budgets: Budgets): CallSlotsByClass {
  const slots = Object.entries<SharedBudgetSpec>(callClasses)
    .map(([name, spec]) => [name, new CallSlots(new PeerShares(budgets.open(spec), spec))]);
  return Object.fromEntries(slots) as CallSlotsByClass;
}

/** What watchers of one kind, strangers or this machine's own, may cost together. */
export type WatchBudgets = Readonly<Record<keyof typeof watchBudgets, Budget>>;

/** One of the streams that may be open. */
export interface WatchSlot {
  readonly leave: () => void;
  /** Why it is somebody else's now. */
  lost: ConnectError | undefined;
  /** What its stream is sent, once it is open. */
  queue: Pick<EventQueue<object>, "fail"> | undefined;
}

/** The streams that watchers of one kind may have open, and what they have not read of them. */
export class WatchSlots {
  readonly backlog: Backlog;
  readonly #shares: PeerShares;

  constructor(private readonly budgets: WatchBudgets) {
    const { backlog, watchers } = budgets;
    this.backlog = new Backlog(backlog);
    this.#shares = new PeerShares(watchers, { perPrefix: watchers.limit, reserved: 0 });
  }

  /** Takes one for a peer; `isDebug` with log records of that level. Throws ResourceExhausted. */
  take(peer: string, isDebug: boolean): WatchSlot {
    const { watchers, debugWatchers } = this.budgets;
    if (isDebug && !debugWatchers.take()) {
      throw tooMany(debugWatchers, "event streams with log records of level debug");
    }
    const claim = this.#shares.claim(prefixOf(peer), ({ text }) => {
      watchers.refuse({ peer, reason: `there are too many, and ${text} has fewer` });
      slot.lost = exhausted(`there are too many event streams, and ${text} has fewer`);
      slot.queue?.fail(slot.lost);
    });
    if (typeof claim === "string") {
      if (isDebug) debugWatchers.give();
      watchers.refuse({ peer });
      throw tooMany(watchers, "event streams");
    }
    const leave = () => {
      if (isDebug) debugWatchers.give();
      claim.giveBack();
    };
    const slot: WatchSlot = { leave, lost: undefined, queue: undefined };
    return slot;
  }
}

function tooMany({ limit }: Budget, what: string): ConnectError {
  return exhausted(`there are ${limit} ${what} already, which is the limit`);
}
