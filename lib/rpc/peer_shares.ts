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
  /** Idempotent. */
  giveBack(): void;
}

/** Told that a claim is no more, and of which prefix the newcomer is. */
export type GiveWay = (newcomer: PeerPrefix) => void;

/** Counts who has how much of a budget. */
export class PeerShares {
  /** What strangers have, by prefix, and this machine itself. */
  readonly #strangers = new Ranking();
  readonly #own = new Ranking();
  #local = 0;
  /** Claims that may have to give way, by prefix, the newest last. */
  readonly #yielding = new Map<string, Set<RevocableClaim>>();

  /** Nobody has anything of the budget yet. */
  constructor(readonly budget: Budget, readonly limits: ShareLimits) {}

  /** Prefixes that have something; others cost nothing. */
  get prefixes(): number {
    return this.#strangers.size + this.#own.size;
  }

  /** What a prefix has. */
  of(prefix: PeerPrefix): number {
    return this.#ranking(prefix).of(prefix.text);
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
    this.#ranking(prefix).add(prefix.text);
    if (prefix.isLocal) this.#local++;
    return undefined;
  }

  /** One that was taken is free again. */
  giveBack(prefix: PeerPrefix): void {
    this.budget.give();
    this.#ranking(prefix).remove(prefix.text);
    if (prefix.isLocal) this.#local--;
  }

  /**
   * As {@link take}, but where all is taken the newest claim of the prefix that has most gives way,
   * if that has more even then: the share of one shrinks when others come. This machine's own give
   * way to each other only, where no stranger can. Only a claim with `giveWay` does so.
   */
  claim(prefix: PeerPrefix, giveWay?: GiveWay): Claim | Obstacle {
    if (this.obstacle(prefix) === "total") this.#yieldingTo(prefix)?.yieldTo(prefix);
    const obstacle = this.take(prefix);
    if (obstacle !== undefined) return obstacle;
    const claims = this.#yielding.get(prefix.text) ?? new Set();
    let isBack = false;
    const claim: RevocableClaim = {
      giveBack: () => {
        if (isBack) return;
        isBack = true;
        claims.delete(claim);
        if (claims.size === 0) this.#yielding.delete(prefix.text);
        this.giveBack(prefix);
      },
      yieldTo(newcomer) {
        claim.giveBack();
        giveWay?.(newcomer);
      },
    };
    if (giveWay) this.#yielding.set(prefix.text, claims.add(claim));
    return claim;
  }

  /** The claim that gives way to a newcomer; undefined if there is none. */
  #yieldingTo(newcomer: PeerPrefix): RevocableClaim | undefined {
    const stranger = this.#strangers.first;
    const has = this.of(newcomer) + 1;
    if (stranger !== undefined && (newcomer.isLocal || this.#strangers.of(stranger) > has)) {
      const claim = this.#newestOf(stranger);
      if (claim) return claim;
    }
    const own = newcomer.isLocal ? this.#own.first : undefined;
    return own !== undefined && this.#own.of(own) > has ? this.#newestOf(own) : undefined;
  }

  #newestOf(holder: string): RevocableClaim | undefined {
    return [...this.#yielding.get(holder) ?? []].at(-1);
  }

  #ranking({ isLocal }: PeerPrefix): Ranking {
    return isLocal ? this.#own : this.#strangers;
  }
}

/** A {@link Claim} that may have to give way. */
interface RevocableClaim extends Claim {
  yieldTo(newcomer: PeerPrefix): void;
}

/** Who has how many of something, the one with most at hand, however many there are. */
export class Ranking {
  readonly #counts = new Map<string, number>();
  readonly #levels = new Map<number, Set<string>>();
  #most = 0;

  /** Those that have something; others cost nothing. */
  get size(): number {
    return this.#counts.size;
  }

  /** What `name` has. */
  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** One of those that have most; undefined if nobody has anything. */
  get first(): string | undefined {
    for (const name of this.#levels.get(this.#most) ?? []) return name;
    return undefined;
  }

  /** `name` has one more. */
  add(name: string): void {
    this.#move(name, this.of(name) + 1);
  }

  /** `name` has one less. */
  remove(name: string): void {
    this.#move(name, this.of(name) - 1);
  }

  #move(name: string, count: number): void {
    const before = this.of(name);
    const level = this.#levels.get(before);
    level?.delete(name);
    if (level?.size === 0) this.#levels.delete(before);
    if (count > 0) {
      this.#counts.set(name, count);
      const others = this.#levels.get(count) ?? new Set();
      this.#levels.set(count, others.add(name));
    } else {
      this.#counts.delete(name);
    }
    this.#most = Math.max(this.#most, count);
    while (this.#most > 0 && !this.#levels.has(this.#most)) this.#most--;
  }
}
