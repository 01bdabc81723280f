import { formatDuration } from "../config/mod.ts";
import { type EventData, type EventSink, safetyReason } from "../events/mod.ts";
import { slowStartStepAt } from "../health/mod.ts";
import { Alarm, type Clock, momentOf } from "../time/mod.ts";
import type { Generation } from "./plan.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { Membership } from "./backend.ts";

/** Gives backends that have come up more of their weights, step by step. */
export class SlowStarts {
  readonly #alarm: Alarm;
  /** When it comes up. */
  #due = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly events: EventSink,
    /** What runs now. */
    private readonly generation: () => Generation,
  ) {
    this.#alarm = new Alarm(clock, () => this.look());
  }

  /** One has begun: sees to it that its next step is not missed. */
  begun({ file: { slowStartMs } }: FrontendEntry): void {
    this.#wake(this.clock.now() + slowStartStepAt(2, slowStartMs));
  }

  /** Does what is due, and sees to it that it is looked again. */
  look(): void {
    this.#alarm.set(this.#due = Infinity);
    const { clock, events, generation } = this;
    const moment = momentOf(clock);
    let next = Infinity;
    for (const frontend of generation().frontends.values()) {
      if (!frontend.tally.hasRising) continue;
      if (frontend.standings.climbsAt <= moment.now) {
        events.emit(frontend.climb(safetyReason, moment));
      }
      next = Math.min(next, frontend.standings.climbsAt);
    }
    this.#wake(next);
  }

  /** No timer is left. */
  close(): void {
    this.#alarm.close();
  }

  #wake(due: number): void {
    if (due >= this.#due) return;
    this.#due = due;
    this.#alarm.set(Math.max(1, due - this.clock.now()));
  }
}

/** What is told of a slow start that begins or ends. */
export function slowStartNews(
  { backend, frontend: { file } }: Membership,
  change: EventData<"safety">["change"],
  detail = change === "begun" ? `over ${formatDuration(file.slowStartMs)}` : "",
): EventData<"safety"> {
  const about = { frontend: file.name, backend: backend.name };
  return { kind: "safety", measure: "slow-start", change, ...about, detail };
}
