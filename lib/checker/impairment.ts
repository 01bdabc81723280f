import type { EventSink } from "../events/mod.ts";
import type { Clock } from "../time/mod.ts";
import { Alarm } from "./alarm.ts";

/** Probing counts as restored when nothing has lacked for so long, in milliseconds. */
const calmMs = 10_000;

/** Tells when probes cannot be made for a lack of our own, and when they can again. */
export class Impairment {
  #lastAt = 0;
  #count = 0;
  readonly #alarm: Alarm;

  constructor(private readonly clock: Clock, private readonly events: EventSink) {
    this.#alarm = new Alarm(clock, () => this.#look());
  }

  /** A probe could not be made; `detail` says what lacks. */
  note(detail: string): void {
    this.#lastAt = this.clock.now();
    this.#count++;
    if (this.#count > 1) return;
    this.#tell("impaired", detail);
    this.#alarm.set(calmMs);
  }

  /** Watches no more. */
  close(): void {
    this.#alarm.close();
  }

  #look(): void {
    const left = this.#lastAt + calmMs - this.clock.now();
    if (left > 0) return this.#alarm.set(left);
    const probes = this.#count === 1 ? "probe" : "probes";
    this.#tell("restored", `${this.#count} ${probes} could not be made`);
    this.#count = 0;
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
