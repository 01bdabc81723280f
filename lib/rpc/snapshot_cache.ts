import type { Event } from "../gen/maglev_pb.ts";
import type { Clock } from "../time/mod.ts";
import type { SharedEvent } from "./shared_event.ts";
import { inSlices } from "./slices.ts";

/** The opening events of one kind of object, kept between watchers and shared by them. */
export class SnapshotCache {
  readonly #events = new Map<string, SharedEvent>();
  /** The lists last handed out, until something changes. Never modified once handed out. */
  #lists: { readonly plain: readonly Event[]; readonly encoded: readonly Event[] } | undefined;

  /** `names` tells what there is, sorted; `describe` its present state. */
  constructor(
    private readonly clock: Clock,
    private readonly names: () => readonly string[],
    private readonly describe: (name: string) => SharedEvent | undefined,
  ) {}

  /** Builds what is missing, in slices, so that `all` has next to nothing left to do. */
  warm(): Promise<void> {
    if (this.#lists) return Promise.resolve();
    return inSlices(this.names(), this.clock, (name) => this.#get(name));
  }

  /** The present state of everything, synchronously. */
  all(binary: boolean): readonly Event[] {
    if (!this.#lists) {
      const events = this.names().flatMap((name) => this.#get(name) ?? []);
      this.#lists = {
        plain: events.map(({ plain }) => plain),
        encoded: events.map(({ encoded }) => encoded),
      };
    }
    return binary ? this.#lists.encoded : this.#lists.plain;
  }

  /** One object changed. */
  forget(name: string): void {
    this.#events.delete(name);
    this.#lists = undefined;
  }

  /** Everything may have changed, or nobody needs it now. */
  clear(): void {
    this.#events.clear();
    this.#lists = undefined;
  }

  #get(name: string): SharedEvent | undefined {
    const known = this.#events.get(name);
    if (known) return known;
    const event = this.describe(name);
    if (event) this.#events.set(name, event);
    return event;
  }
}
