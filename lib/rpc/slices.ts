import type { Clock } from "../time/mod.ts";

/** Longest time in milliseconds that sliced work holds the event loop. */
const sliceMs = 4;

/** Lets other work run from time to time, between the parts of a long job. */
export class Breather {
  #start: number;

  constructor(private readonly clock: Clock) {
    this.#start = clock.now();
  }

  /** Whether the job has held the loop long enough. */
  get due(): boolean {
    return this.clock.now() - this.#start > sliceMs;
  }

  /** Gives way to other work, if it is time to. */
  async breathe(): Promise<void> {
    if (!this.due) return;
    await new Promise<void>((resolve) => this.clock.after(0, resolve));
    this.#start = this.clock.now();
  }
}

/** How many items pass between two looks at the clock. */
const sliceItems = 32;

/** Visits a long list, some items at a time, without holding the event loop. */
export async function inSlices<Item>(
  items: readonly Item[],
  clock: Clock,
  visit: (slice: readonly Item[]) => void,
): Promise<void> {
  const breather = new Breather(clock);
  for (let at = 0; at < items.length; at += sliceItems) {
    visit(items.slice(at, at + sliceItems));
    await breather.breathe();
  }
}
