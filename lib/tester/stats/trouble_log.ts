import { type Trouble, troubles } from "../ask/types.ts";

/** The same trouble of one VIP, as often as it came without another one of it in between. */
export interface TroubleEntry {
  readonly vip: string;
  readonly kind: Trouble;
  /** What was seen last. */
  readonly text: string;
  readonly count: number;
  readonly lastAt: number;
}

/** Entries kept. */
const most = 100;

/** What went wrong, the latest first, and how often each kind did. Holds 100 entries. Pure. */
export class TroubleLog {
  readonly #entries = new Map<string, TroubleEntry>();
  readonly #totals: Record<Trouble, number> = { timeout: 0, http: 0, net: 0, spike: 0 };

  /** How often each kind came. */
  get totals(): Readonly<Record<Trouble, number>> {
    return this.#totals;
  }

  /** Something went wrong at `at`. Of spikes each text is another, and all are one entry. */
  add(vip: string, kind: Trouble, text: string, at: number): void {
    this.#totals[kind]++;
    const key = kind === "spike" ? `${kind} ${vip}` : `${kind} ${vip} ${text}`;
    const count = (this.#entries.get(key)?.count ?? 0) + 1;
    this.#entries.delete(key);
    this.#entries.set(key, { vip, kind, text, count, lastAt: at });
    if (this.#entries.size <= most) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** The latest first. */
  entries(): TroubleEntry[] {
    return [...this.#entries.values()].reverse();
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    for (const kind of troubles) this.#totals[kind] = 0;
  }
}
