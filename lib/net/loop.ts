import { setImmediate } from "node:timers";
import { DrivenClock } from "../time/mod.ts";
import { guarded } from "./guarded.ts";
import { kernelNow, kernelWall } from "./kernel_clock.ts";
import type { Poller } from "./poller.ts";

/** The longest sleep, in milliseconds: what is forgotten is found then. */
const longestSleepMs = 1_000;

/**
 * A thread's own loop: sleeps in epoll_wait(2) until a socket is ready or a timer due. The runtime
 * has its turn only when it has messages: to come round costs as much as to sleep. What was put off
 * as a microtask is done in each turn.
 */
export class OwnLoop {
  /** Whose timers this loop runs. */
  readonly clock: DrivenClock = new DrivenClock({ now: kernelNow, wall: kernelWall });
  #poller: Poller | undefined;
  #isStopped = false;

  /** `hasMessages` says whether the runtime has messages that were not delivered yet. */
  constructor(private readonly hasMessages: () => boolean) {}

  /** @internal The poller that it sleeps in. */
  attach(poller: Poller): void {
    this.#poller = poller;
  }

  /** Turns until it is stopped. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      this.clock.runDue(guarded);
      await undefined;
      this.#poller?.settle(this.clock.idleMs <= 0);
      if (this.hasMessages()) await turnOfRuntime();
      else this.#poller?.sleep(Math.min(longestSleepMs, this.clock.idleMs));
    }
  }

  /** Ends it after the present turn. */
  stop(): void {
    this.#isStopped = true;
  }
}

function turnOfRuntime(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
