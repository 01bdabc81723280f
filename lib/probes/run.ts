import { type Deadline, guarded } from "../net/mod.ts";
import { type Attempt, hindered, type Outcome, type ProbeContext } from "./attempt.ts";
import { beginProbe } from "./table.ts";
import type { ProbeResult, ProbeTarget } from "./types.ts";

/** Held up for longer than this, an attempt that comes to nothing says nothing about its target. */
const stallMs = 100;

/** Time in which the thread stood still is given back, up to so many milliseconds. */
const longestBackMs = 1_000;

/** Begins one attempt of the type that the target's check asks for. */
export type BeginProbe = typeof beginProbe;

/**
 * Probes whose results were known at once and are told in a moment, by one microtask for as many as
 * there are by then.
 */
class Soon {
  #runs: Run[] = [];

  /** Has a run tell its result, unless it is cancelled before. */
  finish(run: Run): void {
    if (this.#runs.push(run) === 1) queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    const runs = this.#runs;
    this.#runs = [];
    for (const run of runs) guarded(() => run.finish());
  }
}

const soon = new Soon();

/** One probe from start to result: holds its deadline, and sees that it ends once. */
export class Run {
  readonly target: ProbeTarget;
  /** @internal Its place among those of its prober. */
  place = 0;
  readonly #context: ProbeContext;
  readonly #ended: (result: ProbeResult, run: Run) => void;
  readonly #begin: BeginProbe;
  readonly #startedAt: number;
  /** What the thread had lost by then. */
  readonly #lostBefore: number;
  #attempt: Attempt | undefined;
  #deadline: Deadline | undefined;
  #state: "starting" | "running" | "reporting" | "over" = "starting";
  #result: ProbeResult | undefined;

  /** `ended` is called once, never from within {@link start}, unless cancelled before. */
  constructor(
    context: ProbeContext,
    target: ProbeTarget,
    ended: (result: ProbeResult, run: Run) => void,
    begin: BeginProbe = beginProbe,
  ) {
    this.#context = context;
    this.target = target;
    this.#ended = ended;
    this.#begin = begin;
    this.#startedAt = context.engine.clock.now();
    this.#lostBefore = context.engine.lostMs(this.#startedAt);
  }

  /** Begins. Throws only when the process cannot go on at all. */
  start(): void {
    const attempt = this.#begin(this.#context, this.target, (outcome) => this.#report(outcome));
    if (this.#state !== "starting") return attempt.close();
    this.#attempt = attempt;
    this.#state = "running";
    this.#expireAt(attempt, this.#startedAt + this.target.check.timeoutMs);
  }

  /** Ends it without a result, if it has not ended yet. */
  cancel(): void {
    this.#state = "over";
    this.#free();
  }

  #expireAt(attempt: Attempt, at: number): void {
    this.#deadline = this.#context.engine.deadline(at, () => this.#expire(attempt));
  }

  /**
   * The time is over, and what the sockets had to say was heard. Time in which this program was the
   * one that had to act is not the target's: it gets it back, or, when that was long, no verdict.
   */
  #expire(attempt: Attempt): void {
    const { heldUpMs } = attempt;
    const { timeoutMs } = this.target.check;
    const now = this.#context.engine.clock.now();
    const lostMs = this.#lostMs(now);
    const backMs = Math.max(heldUpMs, lostMs);
    const end = this.#sentAt(attempt) + timeoutMs + backMs;
    if (heldUpMs > stallMs || lostMs > longestBackMs) {
      this.#end(stoodStill(backMs), timeoutMs);
    } else if (now < end) {
      this.#expireAt(attempt, end);
    } else {
      this.#end(attempt.timedOut(), timeoutMs);
    }
  }

  #report(outcome: Outcome): void {
    const { clock } = this.#context.engine;
    const heardAt = this.#attempt?.heardAt ?? clock.now();
    // Whoever is kept waiting hangs up, or says so: by its own limits, whatever the check's are.
    const lostMs = outcome.ok ? 0 : this.#lostMs(clock.now());
    const durationMs = Math.max(0, heardAt - this.#sentAt(this.#attempt));
    this.#end(lostMs > 0 ? stoodStill(lostMs) : outcome, durationMs);
  }

  /** For how long the thread stood still since it began. */
  #lostMs(now: number): number {
    return this.#context.engine.lostMs(now) - this.#lostBefore;
  }

  #sentAt(attempt: Attempt | undefined): number {
    return attempt?.sentAt ?? this.#startedAt;
  }

  #end({ ok, code, detail }: Outcome, durationMs: number): void {
    if (this.#state === "reporting" || this.#state === "over") return;
    const { certificateEnd, answer } = this.#attempt ?? {};
    const result = certificateEnd === undefined
      ? { ok, code, detail, durationMs }
      : { ok, code, detail, durationMs, certificateEnd };
    this.#result = answer === undefined ? result : { ...result, answer };
    const isSoon = this.#state === "starting";
    this.#state = "reporting";
    if (isSoon) return soon.finish(this);
    this.#free();
    this.finish();
  }

  /** @internal Tells the result, unless it was cancelled. */
  finish(): void {
    if (this.#state !== "reporting" || !this.#result) return;
    this.#state = "over";
    this.#ended(this.#result, this);
  }

  #free(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#attempt?.close();
    this.#attempt = undefined;
  }
}

function stoodStill(ms: number): Outcome {
  return hindered(`maglevd stood still for ${Math.round(ms)}ms`);
}
