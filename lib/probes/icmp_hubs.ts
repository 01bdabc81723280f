import type { IpAddress } from "../ip/mod.ts";
import type { Deadline, Engine, Failure, PingOrigin } from "../net/mod.ts";
import { IcmpHub } from "./icmp_hub.ts";

/** A hub that sent nothing for this many milliseconds is closed. */
const idleMs = 30_000;

/** Hubs of a namespace, family and source for silent targets, beside the one for the others. */
const silentLanes = 2;

/**
 * The hubs in use. An echo to a neighbour that does not answer stays in the buffer of its socket for
 * 3 s, and a few hundred fill one. So those to targets that were silent last time go by sockets of
 * their own, and none of those that answer waits for them.
 */
export class IcmpHubs implements Disposable {
  readonly #engine: Engine;
  readonly #hubs = new Map<string, IcmpHub>();
  #sweep: Deadline | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * The hub for echoes from `origin`, to `silent` if that did not answer last time, opened when there
   * is none; why it can't be opened otherwise. One in a namespace that was deleted, or made again
   * under the same name, is replaced.
   */
  get(origin: PingOrigin, silent?: IpAddress): IcmpHub | Failure {
    const lane = silent ? 1 + (silent.bytes.at(-1) ?? 0) % silentLanes : 0;
    const key = `${lane} ${origin.family} ${origin.source?.text} ${origin.netns}`;
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
