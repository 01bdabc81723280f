import type { Deadline, Engine, Failure, PingOrigin } from "../net/mod.ts";
import { IcmpHub } from "./icmp_hub.ts";

/** A hub that sent nothing for this many milliseconds is closed. */
const idleMs = 30_000;

/** The hubs in use, one per namespace, family and source. */
export class IcmpHubs implements Disposable {
  readonly #engine: Engine;
  readonly #hubs = new Map<string, IcmpHub>();
  #sweep: Deadline | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * The hub for `origin`, opened when there is none; why it can't be opened otherwise. One in a
   * namespace that was deleted, or made again under the same name, is replaced.
   */
  get(origin: PingOrigin): IcmpHub | Failure {
    const key = `${origin.family} ${origin.source?.text} ${origin.netns}`;
    const known = this.#hubs.get(key);
    if (known?.current) return known;
    known?.retire();
    this.#hubs.delete(key);
    const hub = new IcmpHub(this.#engine, origin);
    const failure = hub.open();
    if (failure !== undefined) return failure;
    this.#hubs.set(key, hub);
    this.#scheduleSweep();
    return hub;
  }

  /** Closes all sockets. */
  [Symbol.dispose](): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
    for (const hub of this.#hubs.values()) hub[Symbol.dispose]();
    this.#hubs.clear();
  }

  #scheduleSweep(): void {
    if (this.#sweep || this.#hubs.size === 0) return;
    this.#sweep = this.#engine.deadline(this.#engine.clock.now() + idleMs, () => {
      this.#sweep = undefined;
      this.#closeIdle();
      this.#scheduleSweep();
    });
  }

  #closeIdle(): void {
    const limit = this.#engine.clock.now() - idleMs;
    for (const [key, hub] of this.#hubs) {
      if (hub.pending > 0 || hub.lastUsed > limit) continue;
      hub[Symbol.dispose]();
      this.#hubs.delete(key);
    }
  }
}
