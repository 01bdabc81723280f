import type { Budget } from "../budget/mod.ts";
import type { QueueRoom, Sheddable } from "./queue.ts";
import type { SharedEvent } from "./shared_event.ts";

/** What a queue keeps of an event: a reference and a size, in lists that grow by halves. */
const entryBytes = 16;

/**
 * What watchers of one kind, strangers or this machine's own, together have not read yet. An event
 * that waits in several queues is there once. When there is no more room, whoever is furthest
 * behind is cut off, which need not be the one that the event is for.
 */
export class Backlog implements QueueRoom<SharedEvent> {
  /** In how many queues an event waits. */
  readonly #waiting = new Map<SharedEvent, number>();

  /** `budget` is in bytes; `queues` are those that share it now, whoever came first before others. */
  constructor(
    private readonly budget: Budget,
    private readonly queues: () => Iterable<Sheddable>,
  ) {}

  add(event: SharedEvent, queue: Sheddable): boolean {
    const cost = () => entryBytes + (this.#waiting.has(event) ? 0 : event.bytes);
    while (!this.budget.take(cost())) {
      const longest = this.#longest() ?? queue;
      longest.shed();
      if (longest === queue) return false;
    }
    this.#waiting.set(event, (this.#waiting.get(event) ?? 0) + 1);
    return true;
  }

  remove(event: SharedEvent): void {
    const left = (this.#waiting.get(event) ?? 0) - 1;
    if (left > 0) this.#waiting.set(event, left);
    else this.#waiting.delete(event);
    this.budget.give(entryBytes + (left > 0 ? 0 : event.bytes));
  }

  /** Who is furthest behind; nobody if nothing waits for anybody. */
  #longest(): Sheddable | undefined {
    let longest: Sheddable | undefined;
    for (const queue of this.queues()) {
      if (queue.bytes > (longest?.bytes ?? 0)) longest = queue;
    }
    return longest;
  }
}
