import type { CheckerView } from "../../checker/mod.ts";
import type { Clock, Timer } from "../../time/mod.ts";
import { pulsesToProto } from "../convert/events.ts";
import type { Pulse } from "../convert/events.ts";
import { SharedEvent } from "./shared_event.ts";
import { type Feed, give, type Watcher } from "./watcher.ts";

/** Milliseconds in which pulses gather: at most four batches a second. */
const gatherMs = 250;

/** Pulses of one message: making and encoding more would hold the event loop for over 4 ms. */
const pulsesPerMessage = 2_000;

/** Outcomes of probes. The checker is listened to only while somebody watches. */
export class PulseFeed implements Feed {
  readonly #watchers = new Set<Watcher>();
  /** By backend: only the newest of each is told. */
  #gathered = new Map<string, Pulse[1]>();
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly checker: Pick<CheckerView, "watchProbes">,
    private readonly clock: Clock,
  ) {}

  join(watcher: Watcher): void {
    if (!watcher.filter.pulses) return;
    this.#watchers.add(watcher);
    this.#unsubscribe ??= this.checker.watchProbes((backend, result) => {
      this.#gathered.set(backend, result);
      this.#timer ??= this.#arm();
    });
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#gathered.clear();
  }

  #arm(): Timer {
    return this.clock.after(gatherMs, () => {
      const batch = [...this.#gathered];
      this.#gathered = new Map();
      // Old pulses are worth nothing: who has not read the last batch yet gets no further one.
      this.#send(batch, [...this.#watchers].filter(({ queue }) => queue.backlog === 0));
    });
  }

  /** One message, and after a turn of the event loop the rest. */
  #send(batch: readonly Pulse[], watchers: readonly Watcher[]): void {
    this.#timer = undefined;
    const shared = new SharedEvent(pulsesToProto(batch.slice(0, pulsesPerMessage)));
    for (const watcher of watchers) give(watcher, shared);
    if (this.#watchers.size === 0) return;
    const rest = batch.slice(pulsesPerMessage);
    if (rest.length > 0) this.#timer = this.clock.after(0, () => this.#send(rest, watchers));
    else if (this.#gathered.size > 0) this.#timer = this.#arm();
  }
}
