/** What a connection waits for. */
const deadlineNames = [
  "handshake",
  "headerBlock",
  "body",
  "idle",
  "keepalive",
  "keepaliveAck",
  "write",
  "window",
  "goaway",
  "drain",
  "grace",
] as const;

/** One of {@link deadlineNames}. */
export type DeadlineName = (typeof deadlineNames)[number];

/** The moments at which waiting is over, in the caller's milliseconds. */
export class ConnectionDeadlines {
  readonly #at: Record<DeadlineName, number>;

  constructor() {
    this.#at = Object.fromEntries(deadlineNames.map((name) => [name, Infinity])) as Record<
      DeadlineName,
      number
    >;
  }

  set(name: DeadlineName, at: number): void {
    this.#at[name] = at;
  }

  clear(name: DeadlineName): void {
    this.#at[name] = Infinity;
  }

  isSet(name: DeadlineName): boolean {
    return this.#at[name] !== Infinity;
  }

  clearAll(): void {
    for (const name of deadlineNames) this.#at[name] = Infinity;
  }

  /** The earliest, undefined when nothing is waited for. */
  next(): number | undefined {
    let earliest = Infinity;
    for (const name of deadlineNames) earliest = Math.min(earliest, this.#at[name]);
    return earliest === Infinity ? undefined : earliest;
  }

  /** Clears and returns those that have passed, in the order of {@link deadlineNames}. */
  due(now: number): DeadlineName[] {
    const due = deadlineNames.filter((name) => this.#at[name] <= now);
    for (const name of due) this.clear(name);
    return due;
  }
}
