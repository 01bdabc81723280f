import type { EventSink } from "../events/mod.ts";
import type { DatedResult } from "../probing/mod.ts";
import { Alarm, type Clock } from "../time/mod.ts";
import type { ProbingImpaired } from "./types.ts";

/** Probing counts as restored when nothing has lacked for so long, in milliseconds. */
const calmMs = 10_000;

/** Who is probed, and what came of it last. */
interface Probed {
  readonly job: { readonly last: Pick<DatedResult, "at"> | undefined };
}

/** Tells when probes cannot be made for a lack of our own, and when they can again. */
export class Impairment {
  #since = 0;
  #lastAt = 0;
  #detail = "";
  #count = 0;
  /** When the last probe of each of late could not be made: on the clock, and as it was reported. */
  readonly #lacking = new Map<Probed, { readonly noted: number; readonly at: number }>();
  readonly #alarm: Alarm;

  constructor(private readonly clock: Clock, private readonly events: EventSink) {
    this.#alarm = new Alarm(clock, () => this.#look());
  }

  /** Which backends cannot be probed at present; undefined: none. */
  state(): ProbingImpaired | undefined {
    const earliest = this.clock.now() - calmMs;
    let backends = 0;
    for (const [{ job }, { noted, at }] of this.#lacking) {
      // Who still lacks is tried, and noted, again and again; who does not is no longer probed.
      if (noted > earliest && (job.last?.at ?? 0) <= at) backends++;
    }
    return backends === 0 ? undefined : { since: this.#since, reason: this.#detail, backends };
  }

  /** A probe could not be made; its `detail` says what lacks. */
  note(backend: Probed, { detail, at }: Pick<DatedResult, "detail" | "at">): void {
    this.#lastAt = this.clock.now();
    this.#detail = detail;
    this.#lacking.set(backend, { noted: this.#lastAt, at });
    this.#count++;
    if (this.#count > 1) return;
    this.#since = this.clock.wall();
    this.#tell("impaired", detail);
    this.#alarm.set(calmMs);
  }

  /** Watches no more. */
  close(): void {
    this.#alarm.close();
  }

  #look(): void {
    const now = this.clock.now();
    for (const [backend, { noted }] of this.#lacking) {
      if (noted <= now - calmMs) this.#lacking.delete(backend);
    }
    const left = this.#lastAt + calmMs - now;
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
