import type { MaglevEvent } from "../events/mod.ts";

/** Names of what may be otherwise than it is kept. */
export class Dirty {
  readonly backends = new Set<string>();
  readonly frontends = new Set<string>();

  /** Whether nothing is. */
  get isEmpty(): boolean {
    return this.backends.size + this.frontends.size === 0;
  }

  /** Notes what an event changed. Says whether that may be anything that it does not name. */
  hear(event: MaglevEvent): "named" | "anything" {
    switch (event.kind) {
      case "backend":
        this.backends.add(event.backend);
        return "named";
      case "weight":
        if (event.configured.from !== event.configured.to) this.frontends.add(event.frontend);
        return "named";
      case "operator":
        if (event.backend !== "") this.backends.add(event.backend);
        if (event.frontend !== "") this.frontends.add(event.frontend);
        return "named";
      case "frontend":
        if (event.transition.to === "removed") this.frontends.add(event.frontend);
        return "named";
      case "reload":
        return event.result === "applied" ? "anything" : "named";
      case "pool":
      case "vpp":
      case "probing":
        return "named";
    }
  }

  /** Takes away at most `most` of each. */
  take(most: number): { readonly backends: string[]; readonly frontends: string[] } {
    return { backends: takeSome(this.backends, most), frontends: takeSome(this.frontends, most) };
  }

  /** Puts back what was taken and not kept. */
  putBack({ backends, frontends }: ReturnType<Dirty["take"]>): void {
    for (const name of backends) this.backends.add(name);
    for (const name of frontends) this.frontends.add(name);
  }
}

function takeSome(names: Set<string>, most: number): string[] {
  const taken: string[] = [];
  for (const name of names) {
    if (taken.length === most) break;
    taken.push(name);
    names.delete(name);
  }
  return taken;
}
