import type { Checker } from "../checker/mod.ts";
import type { MaglevEvent } from "../events/mod.ts";
import type { Clock } from "../time/mod.ts";

/** What is looked at of a checker. */
type Seen = Pick<Checker, "config" | "saved" | "backend">;

/** How late a deadline may be noticed, in milliseconds: a reload in slices looks when it is done. */
const slackMs = 1_000;

/** Knows without the calendar how long drains have lasted: no deadline may be early, or late. */
export class DrainWatch {
  /**
   * When each backend's drains were begun, by the clock that is never set, and by when the operator
   * said so: one that was not kept is not there after a start, but the one before it is.
   */
  readonly #begun = new Map<string, Map<number, number>>();
  #isCalendarSet = false;
  /** When it was set last, by the clock that is not. */
  #setAt = -Infinity;

  /** Takes in an event of `checker`. Returns what is wrong, a line each. */
  hear(event: MaglevEvent, checker: Seen, clock: Clock): string[] {
    if (event.kind !== "drain") return [];
    const { backend, change, frontends } = event;
    // What is done in slices is told when all of it is done.
    const now = clock.now() - (clock.wall() - event.at);
    // Of what is told after the calendar was set, and was done before, nobody knows when that was.
    const isDated = now > this.#setAt && now <= clock.now();
    if (change === "ended") this.#begun.delete(backend);
    // Under a new name it goes on: since when is not told.
    else if (change === "begun" && event.cause.kind === "operator" && isDated) {
      this.#begun.getOrInsertComputed(backend, () => new Map()).set(event.at, now);
    }
    const begun = this.#presentBegun(checker, backend);
    if (change !== "overdue" || begun === undefined) return [];
    return frontends.filter((name) => now - begun < deadlineMs(checker, backend, name) - 1)
      .map((name) => `${backend} is overdue in ${name} after ${(now - begun).toFixed(0)} ms`);
  }

  /**
   * Drains whose deadline has gone by, and nothing has happened: for so long, or since maglevd goes
   * on after a standstill, which had consequences until `stalledUntil`.
   */
  late(checker: Seen, now: number, stalledUntil: number): string[] {
    return [...this.#begun.keys()].flatMap((backend) => {
      const { drain, frontends = [] } = checker.backend(backend) ?? {};
      const begun = this.#presentBegun(checker, backend);
      if (!drain || drain.drainedAt !== undefined || begun === undefined) return [];
      const { overdue = [] } = checker.saved(backend)?.drain ?? {};
      const isLate = (name: string) =>
        now - Math.max(begun + deadlineMs(checker, backend, name), stalledUntil) > slackMs;
      return frontends.filter((name) => !overdue.includes(name) && isLate(name))
        .map((name) => `${backend} drains in ${name} beyond its deadline`);
    });
  }

  /** The calendar was set at `now` of the clock that is not. */
  calendarSet(now: number): void {
    this.#isCalendarSet = true;
    this.#setAt = now;
  }

  /** maglevd was started again: from now on time counts by what the calendar has said meanwhile. */
  restarted(isKept: boolean): void {
    if (this.#isCalendarSet || !isKept) this.#begun.clear();
    this.#isCalendarSet = false;
  }

  /** When the drain was begun that is in force; undefined where that was not told, or not yet. */
  #presentBegun(checker: Seen, backend: string): number | undefined {
    const saidAt = checker.saved(backend)?.drain?.said.at;
    return saidAt === undefined ? undefined : this.#begun.get(backend)?.get(saidAt);
  }
}

/** Milliseconds that a drain has in a frontend; Infinity: it is never overdue. */
function deadlineMs(checker: Seen, backend: string, frontend: string): number {
  const own = checker.saved(backend)?.drain?.deadlineMs;
  return (own ?? checker.config.frontends.get(frontend)?.drainDeadlineMs) || Infinity;
}
