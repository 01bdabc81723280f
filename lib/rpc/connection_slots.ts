import type { PeerPrefix } from "./prefix.ts";
import type { Obstacle, PeerShares } from "./peer_shares.ts";

/** A connection that has a slot. */
export interface ConnectionSlot {
  /** It has a request under way, and does not give way to others. */
  busy(): void;
  /** It has none any more. */
  idle(): void;
  /** It is gone. Idempotent. */
  leave(): void;
}

/** The same as the others see it who need it. */
interface Slot extends ConnectionSlot {
  /** Greater for those that became idle later. */
  idleSince: number;
  readonly giveWay: (newcomer: PeerPrefix) => void;
}

/** The connections of one prefix. */
interface Group {
  readonly prefix: PeerPrefix;
  /** Those without a request under way, the longest idle first. */
  readonly idle: Set<Slot>;
  /** The others, the newest last. */
  readonly busy: Set<Slot>;
}

/**
 * Who may have a connection. When there is no slot left, one that does nothing gives way to a
 * newcomer: the longest idle one of the prefix that has the most. If all are busy, the latest of
 * the prefix that has the most does, unless the newcomer would have as many then. So who holds
 * connections locks nobody out, and a prefix is never pressed by one that has more.
 * This machine itself has slots that nobody else gets, and gives way to no stranger: to a caller of
 * its own, such as another user, where no stranger can.
 */
export class ConnectionSlots {
  readonly #groups = new Map<string, Group>();
  #order = 0;

  /** Nobody else uses the shares. */
  constructor(private readonly shares: PeerShares) {}

  /** Prefixes that have connections; others cost nothing. */
  get prefixes(): number {
    return this.#groups.size;
  }

  /**
   * Gives a connection a slot, idle at first, or says which limit stands in the way. `giveWay` is
   * called when it loses the slot to another, and tells of which prefix that is.
   */
  take(
    prefix: PeerPrefix,
    giveWay: (newcomer: PeerPrefix) => void,
  ): ConnectionSlot | { readonly refusal: string } {
    const obstacle = this.shares.obstacle(prefix);
    if (obstacle !== undefined) {
      const yielding = this.#yielding(obstacle, prefix) ?? this.#busiest(obstacle, prefix);
      if (!yielding) return { refusal: `${this.shares.describe(obstacle, prefix)}, none is idle` };
      yielding.leave();
      yielding.giveWay(prefix);
    }
    return this.#newSlot(prefix, giveWay);
  }

  #newSlot(prefix: PeerPrefix, giveWay: (newcomer: PeerPrefix) => void): Slot {
    const group = this.#groups.get(prefix.text) ??
      { prefix, idle: new Set(), busy: new Set() };
    this.#groups.set(prefix.text, group);
    this.shares.take(prefix);
    let isGone = false;
    const slot: Slot = {
      idleSince: 0,
      giveWay,
      busy() {
        group.idle.delete(slot);
        if (!isGone) group.busy.add(slot);
      },
      idle: () => {
        if (isGone) return;
        slot.idleSince = this.#order++;
        group.busy.delete(slot);
        group.idle.add(slot);
      },
      leave: () => {
        if (isGone) return;
        isGone = true;
        group.idle.delete(slot);
        group.busy.delete(slot);
        this.shares.giveBack(prefix);
        if (this.shares.of(prefix) === 0) this.#groups.delete(prefix.text);
      },
    };
    slot.idle();
    return slot;
  }

  /** The connection that a newcomer may take the slot of; undefined if there is none. */
  #yielding(obstacle: Obstacle, newcomer: PeerPrefix): Slot | undefined {
    if (obstacle === "prefix") return longestIdle(this.#groups.get(newcomer.text));
    let found: Slot | undefined;
    let holder: PeerPrefix | undefined;
    for (const group of this.#groups.values()) {
      const slot = longestIdle(group);
      if (!slot || !this.#yields(group.prefix, newcomer)) continue;
      const order = holder ? this.#compare(group.prefix, holder) : -1;
      if (order > 0 || (order === 0 && found && found.idleSince < slot.idleSince)) continue;
      found = slot;
      holder = group.prefix;
    }
    return found;
  }

  /** The same where all that could give way are busy. */
  #busiest(obstacle: Obstacle, newcomer: PeerPrefix): Slot | undefined {
    if (obstacle === "prefix") return undefined;
    const count = this.shares.of(newcomer) + 1;
    let most: Group | undefined;
    for (const group of this.#groups.values()) {
      const { prefix, busy } = group;
      if (busy.size === 0 || this.shares.of(prefix) <= count) continue;
      if (!this.#yields(prefix, newcomer)) continue;
      if (!most || this.#compare(prefix, most.prefix) < 0) most = group;
    }
    return most && [...most.busy].at(-1);
  }

  /** Whether a connection of `holder` gives way to one of `newcomer`. */
  #yields(holder: PeerPrefix, newcomer: PeerPrefix): boolean {
    if (holder.text === newcomer.text) return true;
    if (holder.isLocal !== newcomer.isLocal) return newcomer.isLocal;
    return this.shares.of(holder) > this.shares.of(newcomer);
  }

  /** Who gives way first: strangers before this machine, then who has most. */
  #compare(a: PeerPrefix, b: PeerPrefix): number {
    return Number(a.isLocal) - Number(b.isLocal) || this.shares.of(b) - this.shares.of(a);
  }
}

function longestIdle(group: Group | undefined): Slot | undefined {
  for (const slot of group?.idle ?? []) return slot;
  return undefined;
}
