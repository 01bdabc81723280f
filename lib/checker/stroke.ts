import type { Steps } from "../time/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { BackendSnapshot, FrontendSnapshot } from "./types.ts";

/** One change of many: to a backend, or to its weight in a frontend. */
export interface Deed {
  readonly on: BackendEntry;
  readonly run: () => void;
}

/**
 * Many changes that are made in slices and seen at one stroke: until the last has been made, whoever
 * looks sees each backend and frontend that they concern as it was before the first. What was seen
 * before is kept as the changes reach it, so that no slice is longer than another.
 */
export class Stroke {
  /** Resolves when all is done. */
  readonly over: Promise<void>;
  readonly #deeds: readonly Deed[];
  readonly #end: () => void;
  readonly #backends = new Map<BackendEntry, BackendSnapshot>();
  readonly #frontends = new Map<FrontendEntry, FrontendSnapshot>();
  /** Index of the next deed. */
  #next = 0;

  /** `onOver` is called with the last of `deeds`, before anybody can look. */
  constructor(deeds: readonly Deed[], onOver: () => void) {
    const over = Promise.withResolvers<void>();
    this.over = over.promise;
    this.#deeds = deeds;
    this.#end = () => {
      onOver();
      over.resolve();
    };
  }

  /** A backend as others may see it. */
  backend(entry: BackendEntry): BackendSnapshot {
    return this.#backends.get(entry) ?? entry.snapshot();
  }

  /** A frontend as others may see it. */
  frontend(entry: FrontendEntry): FrontendSnapshot {
    return this.#frontends.get(entry) ?? entry.snapshot();
  }

  /** All of it, a deed a step. */
  *steps(): Steps<void> {
    while (this.#isUnderWay()) yield;
  }

  /** Does now what is left, for somebody who changes something else. */
  finish(): void {
    while (this.#isUnderWay());
  }

  /** Does the next deed; false once there is none left. */
  #isUnderWay(): boolean {
    const deed = this.#deeds[this.#next++];
    if (deed) {
      this.#keep(deed.on);
      deed.run();
    }
    if (this.#next === Math.max(1, this.#deeds.length)) this.#end();
    return this.#next < this.#deeds.length;
  }

  #keep(backend: BackendEntry): void {
    if (this.#backends.has(backend)) return;
    this.#backends.set(backend, backend.snapshot());
    for (const { frontend } of backend.placement.memberships) {
      if (!this.#frontends.has(frontend)) this.#frontends.set(frontend, frontend.snapshot());
    }
  }
}
