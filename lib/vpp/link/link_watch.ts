import { type Logger, reasonOf } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";
import type { Progress } from "../sync/changes.ts";

/** Nothing takes so long: answers have 10 s, and what fails is tried again after as much at most. */
const patienceMs = 60_000;

/** A link at rest for so long has got over its mistakes: what recurs does so within 10 s. */
const soundMs = 30_000;

/** They are told again after this time only. */
const repeatMs = 60_000;

/** Mistakes of our own that come one after the other. */
interface Mistakes {
  /** The first one. */
  readonly since: number;
  /** Of the last one, for people. */
  readonly err: string;
  /** When the link came to rest after it; undefined while it has not. */
  restedAt: number | undefined;
}

/**
 * Whether VPP is looked after: what is waited for and since when, and mistakes of this program that
 * end one connection after the other. That VPP is away, hangs or refuses is neither.
 */
export class LinkWatch implements Progress {
  #waiting: { readonly what: string; readonly since: number } | undefined;
  #mistakes: Mistakes | undefined;
  #toldAt = -Infinity;

  /** Nothing has gone wrong yet. */
  constructor(private readonly clock: Clock, private readonly log: Logger) {}

  awaiting(what: string): void {
    this.#waiting = { what, since: this.clock.now() };
  }

  idle(): void {
    this.#waiting = undefined;
    if (this.#mistakes) this.#mistakes.restedAt ??= this.clock.now();
  }

  /** A mistake ended the connection, or kept it from coming about. */
  mistaken(error: unknown): void {
    const now = this.clock.now();
    const since = this.#recurring?.since ?? now;
    this.#mistakes = { since, err: reasonOf(error), restedAt: undefined };
    const neglect = this.#neglect();
    if (neglect === undefined || now - this.#toldAt < repeatMs) return;
    this.#toldAt = now;
    this.log.error("vpp-neglected", { err: neglect });
  }

  /** The connection ended, or did not come about, for a reason that is not ours. */
  excused(): void {
    this.#mistakes = undefined;
  }

  /** What is wrong, as a clause; undefined while all is well. */
  complaint(): string | undefined {
    return this.#neglect() ?? this.#overdue();
  }

  /** The mistakes, unless the link has got over them. */
  get #recurring(): Mistakes | undefined {
    const { restedAt = Infinity } = this.#mistakes ?? {};
    return this.clock.now() - restedAt < soundMs ? this.#mistakes : undefined;
  }

  #neglect(): string | undefined {
    const mistakes = this.#recurring;
    const lasting = mistakes && this.#tooLong(mistakes.since);
    return lasting && `mistakes of maglevd have kept it from VPP for ${lasting}: ${mistakes.err}`;
  }

  #overdue(): string | undefined {
    const lasting = this.#waiting && this.#tooLong(this.#waiting.since);
    return lasting && `${this.#waiting?.what} did not come for ${lasting}`;
  }

  /** How long ago that was, such as `61 s`; undefined while it is no longer than may be. */
  #tooLong(since: number): string | undefined {
    const ms = this.clock.now() - since;
    return ms > patienceMs ? `${Math.round(ms / 1000)} s` : undefined;
  }
}
