import type { Deadline } from "../net/mod.ts";
import type { Attempt, Outcome, ProbeContext } from "./attempt.ts";
import { beginProbe } from "./table.ts";
import type { ProbeResult, ProbeTarget } from "./types.ts";

/** One probe from start to result: holds its deadline, and sees that it ends once. */
export class Run {
  readonly target: ProbeTarget;
  readonly #context: ProbeContext;
  readonly #ended: (result: ProbeResult) => void;
  readonly #startedAt: number;
  #attempt: Attempt | undefined;
  #deadline: Deadline | undefined;
  #state: "starting" | "running" | "reporting" | "over" = "starting";

  /** `ended` is called once, never from within {@link start}, unless cancelled before. */
  constructor(
    context: ProbeContext,
    target: ProbeTarget,
    ended: (result: ProbeResult) => void,
  ) {
    this.#context = context;
    this.target = target;
    this.#ended = ended;
    this.#startedAt = context.engine.clock.now();
  }

  /** Begins. Throws only when the engine cannot go on at all. */
  start(): void {
    const attempt = beginProbe(this.#context, this.target, (outcome) => this.#report(outcome));
    if (this.#state !== "starting") return attempt.close();
    this.#attempt = attempt;
    this.#state = "running";
    const at = this.#startedAt + this.target.check.timeoutMs;
    this.#deadline = this.#context.engine.deadline(at, () => this.#report(attempt.timedOut()));
  }

  /** Ends it without a result, if it has not ended yet. */
  cancel(): void {
    this.#state = "over";
    this.#free();
  }

  #report({ ok, code, detail }: Outcome): void {
    const durationMs = this.#context.engine.clock.now() - this.#startedAt;
    const result = { ok, code, detail, durationMs };
    switch (this.#state) {
      case "starting":
        this.#state = "reporting";
        return queueMicrotask(() => this.#finish(result));
      case "running":
        this.#state = "reporting";
        this.#free();
        return this.#finish(result);
      case "reporting":
      case "over":
        return;
    }
  }

  #finish(result: ProbeResult): void {
    if (this.#state !== "reporting") return;
    this.#state = "over";
    this.#ended(result);
  }

  #free(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#attempt?.close();
    this.#attempt = undefined;
  }
}
