import { setImmediate } from "node:timers";
import { DrivenClock } from "../time/mod.ts";
import { libc } from "./libc.ts";
import type { Poller } from "./poller.ts";

/** The longest sleep, in milliseconds: what is forgotten is found then. */
const longestSleepMs = 1_000;

/** What is added to an eventfd's counter to make it readable (eventfd(2)). */
const wakeUp = new Uint8Array(BigUint64Array.of(1n).buffer);

/** Ends the sleep of the loop of another thread of this process, whose eventfd that is. */
export function wake(eventfd: number): void {
  libc.write(eventfd, wakeUp, 8n);
}

/**
 * A thread's own loop: sleeps in epoll_wait(2) until a socket is ready or a timer due, which costs
 * a tenth of what the runtime's loop takes for it. The runtime has its turn only when it has
 * messages. What was put off as a microtask is done in each turn.
 */
export class OwnLoop {
  /** Whose timers this loop runs. */
  readonly clock: DrivenClock = new DrivenClock();
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
      this.clock.runDue(throwLater);
      await undefined;
      if (this.hasMessages()) await turnOfRuntime();
      else this.#poller?.sleep(Math.min(longestSleepMs, this.clock.idleMs));
    }
  }

  /** Ends it after the present turn. */
  stop(): void {
    this.#isStopped = true;
  }
}

/** Brings an error to the top of the thread, past those who are served after it. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function turnOfRuntime(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
