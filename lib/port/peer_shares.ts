import type { Budget, BudgetSpec } from "./budget.ts";
import type { PeerPrefix } from "./prefix.ts";

/** How a budget is shared among peers. */
export interface ShareLimits {
  /**
   * For one prefix. This machine's own may have half of all where that is more: whoever runs
   * programs there is no stranger.
   */
  readonly perPrefix: number;
  /** Of all, those that only this machine itself gets: others together never take everything. */
  readonly reserved: number;
}

/** A budget, and how it is shared. */
export interface SharedBudgetSpec extends BudgetSpec, ShareLimits {}

/** Which limit stands in the way of one more: what the prefix may have, or what there is. */
export type Obstacle = "prefix" | "total";

/** One of a budget, until it is given back or has to give way to another. */
export interface Claim {
  /** Something is under way on it, as at first. */
  busy(): void;
  /** Nothing is any more. */
  idle(): void;
  /** Idempotent. */
  giveBack(): void;
}

/** Told that a claim is no more, and of which prefix the newcomer is. */
export type GiveWay = (newcomer: PeerPrefix) => void;

/** A {@link Claim} that may have to give way. */
interface RevocableClaim extends Claim {
  readonly prefix: PeerPrefix;
  /** Greater for those that became idle later. */
  idleSince: number;
  yieldTo(newcomer: PeerPrefix): void;
}

/** What one prefix has: so much, with the claims among it that may have to give way. */
interface Holding {
  count: number;
  readonly isLocal: boolean;
  /** The longest idle first. */
  readonly idle: Set<RevocableClaim>;
  /** The newest last. */
  readonly busy: Set<RevocableClaim>;
}

/**
 * Who has how much of a budget. When all is taken somebody gives way to a newcomer who has less, so
 * that who holds much locks nobody out, and nobody is pressed by one that has more.
 * This machine itself has some that nobody else gets, and gives way to no stranger: to a caller of
 * its own, such as another user, where no stranger can.
 */
export class PeerShares {
  /** By prefix: those that have something. */
  readonly #holdings = new Map<string, Holding>();
  /** What this machine itself has of all. */
  #local = 0;
  #order = 0;

  /** Nobody has anything of the budget yet. */
  constructor(readonly budget: Budget, readonly limits: ShareLimits) {}

  /** Prefixes that have something; others cost nothing. */
  get prefixes(): number {
    return this.#holdings.size;
  }

  /** What a prefix has. */
  of({ text }: PeerPrefix): number {
    return this.#holdings.get(text)?.count ?? 0;
  }

  /** What a prefix may have. */
  limitOf({ isLocal }: PeerPrefix): number {
    const { perPrefix } = this.limits;
    return isLocal ? Math.max(perPrefix, Math.ceil(this.budget.limit / 2)) : perPrefix;
  }

  /** What keeps a prefix from having one more; undefined if nothing does. */
  obstacle(prefix: PeerPrefix): Obstacle | undefined {
    if (this.of(prefix) >= this.limitOf(prefix)) return "prefix";
    const { used, limit } = this.budget;
    const strangersFull = !prefix.isLocal && used - this.#local >= this.strangersLimit;
    return strangersFull || used >= limit ? "total" : undefined;
  }

  /** What those that are not this machine may have together. */
  get strangersLimit(): number {
    return this.budget.limit - this.limits.reserved;
  }

  /** Says of an obstacle which limit it is. */
  describe(obstacle: Obstacle, prefix: PeerPrefix): string {
    const { unit, limit } = this.budget;
    if (obstacle === "prefix") {
      return `the limit of ${this.limitOf(prefix)} ${unit} of ${prefix.text} is reached`;
    }
    const most = prefix.isLocal ? limit : this.strangersLimit;
    return `the limit of ${most} ${unit} is reached`;
  }

  /** Gives a prefix one more, unless there is an obstacle, which it tells. */
  take(prefix: PeerPrefix): Obstacle | undefined {
    const obstacle = this.obstacle(prefix);
    if (obstacle !== undefined) return obstacle;
    this.budget.take();
    this.#holdingOf(prefix).count++;
    if (prefix.isLocal) this.#local++;
    return undefined;
  }

  /** One that was taken is free again. */
  giveBack(prefix: PeerPrefix): void {
    this.budget.give();
    if (--this.#holdingOf(prefix).count === 0) this.#holdings.delete(prefix.text);
    if (prefix.isLocal) this.#local--;
  }

  /** Counts that a prefix was refused because of an obstacle; returns why, as a clause. */
  refuse(obstacle: Obstacle, prefix: PeerPrefix, peer: string, more = ""): string {
    const reason = `${this.describe(obstacle, prefix)}${more}`;
    this.budget.refuse({ peer, reason });
    return reason;
  }

  /**
   * As {@link take}, but where all is taken the newest claim of the prefix that has most gives way,
   * if that has more even then: the share of one shrinks when others come. To this machine any
   * stranger does. Only a claim with `giveWay` does so.
   */
  claim(prefix: PeerPrefix, giveWay?: GiveWay): Claim | Obstacle {
    if (this.obstacle(prefix) === "total") {
      this.#newestOfMost(prefix, prefix.isLocal ? 0 : this.of(prefix) + 1)?.yieldTo(prefix);
    }
    return this.take(prefix) ?? this.#newClaim(prefix, giveWay);
  }

  /**
   * The same for what may do nothing for long, and begins so. Such a one gives way before others: of
   * a prefix that has reached its limit its own, where all is taken the longest idle of who has
   * most, if that has more than the newcomer. A busy one does to who has fewer even then.
   */
  claimIdle(prefix: PeerPrefix, giveWay: GiveWay): Claim | Obstacle {
    const obstacle = this.obstacle(prefix);
    if (obstacle !== undefined) {
      const yielding = obstacle === "prefix"
        ? first(this.#holdings.get(prefix.text)?.idle)
        : this.#longestIdle(prefix) ?? this.#newestOfMost(prefix, this.of(prefix) + 1);
      if (!yielding) return obstacle;
      yielding.yieldTo(prefix);
    }
    this.take(prefix);
    const claim = this.#newClaim(prefix, giveWay);
    claim.idle();
    return claim;
  }

  #newClaim(prefix: PeerPrefix, giveWay: GiveWay | undefined): Claim {
    const { idle, busy } = this.#holdingOf(prefix);
    let isBack = false;
    const claim: RevocableClaim = {
      prefix,
      idleSince: 0,
      busy() {
        idle.delete(claim);
        if (!isBack) busy.add(claim);
      },
      idle: () => {
        if (isBack) return;
        claim.idleSince = this.#order++;
        busy.delete(claim);
        idle.add(claim);
      },
      giveBack: () => {
        if (isBack) return;
        isBack = true;
        idle.delete(claim);
        busy.delete(claim);
        this.giveBack(prefix);
      },
      yieldTo(newcomer) {
        claim.giveBack();
        giveWay?.(newcomer);
      },
    };
    if (giveWay) busy.add(claim);
    return claim;
  }

  #holdingOf({ text, isLocal }: PeerPrefix): Holding {
    const none = () => ({ count: 0, isLocal, idle: new Set(), busy: new Set() }) satisfies Holding;
    return this.#holdings.getOrInsertComputed(text, none);
  }

  /** The idle claim that gives way to a newcomer first; undefined if there is none. */
  #longestIdle(newcomer: PeerPrefix): RevocableClaim | undefined {
    let found: RevocableClaim | undefined;
    for (const { idle } of this.#holdings.values()) {
      const claim = first(idle);
      if (!claim || !this.#yields(claim.prefix, newcomer)) continue;
      if (!found || this.#compare(claim, found) < 0) found = claim;
    }
    return found;
  }

  /** Whether an idle claim of `holder` gives way to one of `newcomer`. */
  #yields(holder: PeerPrefix, newcomer: PeerPrefix): boolean {
    if (holder.text === newcomer.text) return true;
    if (holder.isLocal !== newcomer.isLocal) return newcomer.isLocal;
    return this.of(holder) > this.of(newcomer);
  }

  /** Who gives way first: strangers before this machine, then who has most, then the longest idle. */
  #compare(a: RevocableClaim, b: RevocableClaim): number {
    return Number(a.prefix.isLocal) - Number(b.prefix.isLocal) ||
      this.of(b.prefix) - this.of(a.prefix) || a.idleSince - b.idleSince;
  }

  /**
   * The newest busy claim of who has most, strangers before this machine's own; undefined if that is
   * no more than the newcomer would have. A stranger of more than `least` is enough.
   */
  #newestOfMost(newcomer: PeerPrefix, least: number): RevocableClaim | undefined {
    const newest = (isLocal: boolean, than: number) => {
      let most: Holding | undefined;
      for (const each of this.#holdings.values()) {
        if (each.isLocal === isLocal && each.count > (most?.count ?? than)) most = each;
      }
      return [...most?.busy ?? []].at(-1);
    };
    return newest(false, least) ??
      (newcomer.isLocal ? newest(true, this.of(newcomer) + 1) : undefined);
  }
}

function first<T>(items: Iterable<T> | undefined): T | undefined {
  for (const item of items ?? []) return item;
  return undefined;
}
