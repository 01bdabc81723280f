import type { EventSink } from "../events/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";

/** Probing counts as restored when nothing has lacked for so long, in milliseconds. */
const calmMs = 10_000;

/** Tells when probes cannot be made for a lack of our own, and when they can again. */
export class Impairment {
  #lastAt = 0;
  #count = 0;
  #timer: Timer | undefined;

  constructor(private readonly clock: Clock, private readonly events: EventSink) {}

  /** A probe could not be made; `detail` says what lacks. */
  note(detail: string): void {
    this.#lastAt = this.clock.now();
    this.#count++;
    if (this.#timer) return;
    this.#tell("impaired", detail);
    this.#watch(calmMs);
  }

  /** Watches no more. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(delayMs: number): void {
    this.#timer = this.clock.after(delayMs, () => {
      const left = this.#lastAt + calmMs - this.clock.now();
      if (left > 0) return this.#watch(left);
      this.#timer = undefined;
      this.#tell("restored", `${this.#count} probes could not be made`);
      this.#count = 0;
    });
  }

  #tell(change: "impaired" | "restored", detail: string): void {
    this.events.emit([{
      kind: "probing",
      change,
      detail,
      cause: { kind: "probe", code: "SOCKERR", detail },
    }]);
  }
}
