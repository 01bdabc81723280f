import { calm } from "./errors.ts";
import type { OctetRoom } from "./types.ts";

/** How often something cheap for the peer and dear for us may come. */
export interface FloodBudget {
  /** How many at once. */
  readonly burst: number;
  /** How many more each second. */
  readonly perSecond: number;
  /**
   * How many more for each HEADERS or DATA frame sent or DATA frame received: there is work done.
   * Kept beside the budget, up to 40 bursts of it: 500 streams that are all written to at once are
   * answered by thousands of WINDOW_UPDATE at once, while the budget itself was full.
   */
  readonly perFrame: number;
}

/** Budgets for what polite peers do now and then and floods consist of (RFC 9113 section 10.5). */
export const defaultFloodBudgets = {
  /**
   * Streams that end by RST_STREAM: the peer's (CVE-2023-44487), and ours where the peer provokes
   * them (CVE-2025-8671). A gRPC client that gives up on 1,000 calls at once is still welcome.
   */
  reset: { burst: 1_200, perSecond: 100, perFrame: 0 },
  /** PING (CVE-2019-9512). gRPC measures bandwidth with one per round trip while data flows. */
  ping: { burst: 100, perSecond: 10, perFrame: 1 },
  /** SETTINGS (CVE-2019-9515): each wants an answer and may touch every stream. */
  settings: { burst: 30, perSecond: 1, perFrame: 0 },
  /** WINDOW_UPDATE: naive peers send two for each DATA frame. */
  windowUpdate: { burst: 2_500, perSecond: 100, perFrame: 4 },
  /** DATA, HEADERS and CONTINUATION without content (CVE-2019-9518). */
  emptyFrame: { burst: 100, perSecond: 10, perFrame: 0 },
  /** PRIORITY (CVE-2019-9513), which is ignored. Browsers and nghttp send a few. */
  priority: { burst: 200, perSecond: 20, perFrame: 0 },
  /** Frames of unknown type, which are ignored (section 5.5). */
  unknownFrame: { burst: 100, perSecond: 10, perFrame: 0 },
  /** Frames on closed streams: what was under way, and WINDOW_UPDATE for the last DATA. */
  lateFrame: { burst: 2_000, perSecond: 100, perFrame: 2 },
} as const satisfies Record<string, FloodBudget>;

/** What is counted. */
export type FloodKind = keyof typeof defaultFloodBudgets;

/** A budget for everything that is counted. */
export type FloodBudgets = Readonly<Record<FloodKind, FloodBudget>>;

const kinds = Object.keys(defaultFloodBudgets) as FloodKind[];

interface Bucket {
  /** What is left of the budget. */
  tokens: number;
  /** What frames have earned beside it. */
  earned: number;
  at: number;
}

/** Bursts that may be earned beforehand. */
const earnedBursts = 40;

/** Counts against the budgets and ends the connection of who overdraws one. */
export class FloodMeter {
  readonly #buckets: Record<FloodKind, Bucket>;

  /** `now` is in milliseconds, as everywhere in the core. */
  constructor(private readonly budgets: FloodBudgets, now: number) {
    this.#buckets = Object.fromEntries(
      kinds.map((kind) => [kind, { tokens: budgets[kind].burst, earned: 0, at: now }]),
    ) as Record<FloodKind, Bucket>;
  }

  /** Counts one. Throws ENHANCE_YOUR_CALM when the budget is spent. */
  count(kind: FloodKind, now: number): void {
    const bucket = this.#buckets[kind];
    const { burst, perSecond } = this.budgets[kind];
    const refilled = bucket.tokens + (now - bucket.at) * perSecond / 1000;
    bucket.tokens = Math.min(burst, refilled);
    bucket.at = now;
    if (bucket.earned >= 1) bucket.earned--;
    else bucket.tokens--;
    if (bucket.tokens >= 0) return;
    throw calm(`too many ${kind} events: more than ${burst} at once and ${perSecond} a second`);
  }

  /** Notes a frame that shows work. */
  earn(): void {
    for (const kind of earners) {
      const { burst, perFrame } = this.budgets[kind];
      const bucket = this.#buckets[kind];
      bucket.earned = Math.min(earnedBursts * burst, bucket.earned + perFrame);
    }
  }
}

const earners: readonly FloodKind[] = kinds.filter((kind) =>
  defaultFloodBudgets[kind].perFrame > 0
);

/**
 * Handlers under way. They count, with the header sections they hold, until they are done: a peer
 * that resets its streams at once must not have more of them running than one that waits
 * (CVE-2023-44487).
 */
export class Handlers {
  readonly #running = new Map<number, number>();
  #headerBytes = 0;

  /** `room` is what many connections share. */
  constructor(private readonly room: OctetRoom) {}

  get count(): number {
    return this.#running.size;
  }

  /** Octets of header sections they hold. */
  get headerBytes(): number {
    return this.#headerBytes;
  }

  /** False, and nothing is counted, if there is no room for its header section. */
  start(streamId: number, headerBytes: number): boolean {
    if (!this.room.take(headerBytes)) return false;
    this.#running.set(streamId, headerBytes);
    this.#headerBytes += headerBytes;
    return true;
  }

  done(streamId: number): void {
    const headerBytes = this.#running.get(streamId) ?? 0;
    this.room.give(headerBytes);
    this.#headerBytes -= headerBytes;
    this.#running.delete(streamId);
  }
}
