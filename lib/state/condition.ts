import type { Trouble } from "./types.ts";

/** How it stands with what is to outlive the process. */
export interface StateCondition {
  /** Since when nothing is kept (Unix milliseconds), and why; undefined while it is. */
  readonly notKept: { readonly since: number; readonly reason: string } | undefined;
  /** What was wrong with the file since the start, oldest first, and when (Unix milliseconds). */
  readonly troubles: readonly { readonly at: number; readonly text: string }[];
}

/** Troubles that are remembered: a file that is damaged again and again is replaced each time. */
const mostTroubles = 10;

/** Remembers what is to be said of the file when somebody asks. */
export class Condition {
  #notKept: StateCondition["notKept"];
  #troubles: StateCondition["troubles"] = [];

  /** `now` is Unix milliseconds. */
  constructor(private readonly now: () => number) {}

  /** How it stands. */
  get told(): StateCondition {
    return { notKept: this.#notKept, troubles: this.#troubles };
  }

  /** Something was wrong. */
  trouble({ text }: Trouble): void {
    this.#troubles = [...this.#troubles, { at: this.now(), text }].slice(-mostTroubles);
  }

  /** Nothing can be kept. It is so since this was said first. */
  notKept(reason: string): void {
    this.#notKept = { since: this.#notKept?.since ?? this.now(), reason };
  }

  /** Everything is kept (again). */
  kept(): void {
    this.#notKept = undefined;
  }
}
