import type { MaglevEvent } from "../events/mod.ts";
import type { SavedFlushes } from "./types.ts";

/** What is to be kept next: names of backends and frontends, and flushes themselves. */
export interface Taken {
  readonly backends: readonly string[];
  readonly frontends: readonly string[];
  readonly flushes: readonly SavedFlushes[];
}

/** What may be otherwise than it is kept. */
export class Dirty {
  readonly backends = new Set<string>();
  readonly frontends = new Set<string>();
  /** By VIP. */
  readonly #flushes = new Map<string, SavedFlushes>();

  /** Whether nothing is. */
  get isEmpty(): boolean {
    return this.backends.size + this.frontends.size + this.#flushes.size === 0;
  }

  /** Notes what an event changed. Says whether that may be anything that it does not name. */
  hear(event: MaglevEvent): "named" | "anything" {
    switch (event.kind) {
      case "backend":
      case "drain":
        this.backends.add(event.backend);
        for (const name of event.frontends) this.frontends.add(name);
        return "named";
      case "pool":
      case "weight":
        if (event.frontend !== "") this.frontends.add(event.frontend);
        return "named";
      case "safety":
        if (event.frontend !== "") this.frontends.add(event.frontend);
        else this.backends.add(event.backend);
        return "named";
      case "operator":
        if (event.backend !== "") this.backends.add(event.backend);
        if (event.frontend !== "") this.frontends.add(event.frontend);
        return "named";
      case "override":
        this.backends.add(event.backend);
        if (event.frontend !== "") this.frontends.add(event.frontend);
        return "named";
      case "frontend":
        if (event.transition.to === "removed") this.frontends.add(event.frontend);
        return "named";
      case "reload":
        return event.result === "applied" ? "anything" : "named";
      case "vpp":
      case "probing":
      case "audit":
        return "named";
    }
  }

  /** Of a VIP, these are now all the servers whose flows have been moved. */
  flushed(flushes: SavedFlushes): void {
    this.#flushes.set(flushes.vip, flushes);
  }

  /** Takes away at most `most` of each. */
  take(most: number): Taken {
    const flushes = takeSome(this.#flushes.values(), most);
    const backends = takeSome(this.backends, most);
    const frontends = takeSome(this.frontends, most);
    for (const name of backends) this.backends.delete(name);
    for (const name of frontends) this.frontends.delete(name);
    for (const { vip } of flushes) this.#flushes.delete(vip);
    return { backends, frontends, flushes };
  }

  /** Puts back what was taken and not kept. Flushes of a VIP heard of since then replace its own. */
  putBack({ backends, frontends, flushes }: Taken): void {
    for (const name of backends) this.backends.add(name);
    for (const name of frontends) this.frontends.add(name);
    for (const old of flushes) {
      if (!this.#flushes.has(old.vip)) this.#flushes.set(old.vip, old);
    }
  }
}

function takeSome<Item>(items: Iterable<Item>, most: number): Item[] {
  return Iterator.from(items).take(most).toArray();
}
