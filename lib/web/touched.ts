import type { Event } from "../gen/maglev_pb.ts";

/** Of more than so many, all are read. */
const mostByName = 50;

/** What events concern, and has to be read again. */
export class Touched {
  readonly #backends = new Set<string>();
  readonly #frontends = new Set<string>();
  /** Since everything was asked for. */
  readonly #since = { backend: new Set<string>(), frontend: new Set<string>() };
  /** By backend, when it came to its state, in Unix nanoseconds. */
  readonly #toldAt = new Map<string, number>();
  #isAll = false;
  #isVpp = false;

  /** Nothing yet. `usersOf` tells which frontends use a backend, as far as that is known. */
  constructor(private readonly usersOf: (backend: string) => readonly string[]) {}

  /** Whether something became of VPP, or of maglevd itself, since this was asked last. */
  takeVpp(): boolean {
    const isVpp = this.#isVpp;
    this.#isVpp = false;
    return isVpp;
  }

  /** Whether it is better to read everything. */
  get isAll(): boolean {
    return this.#isAll || this.#backends.size + this.#frontends.size > mostByName;
  }

  get isEmpty(): boolean {
    return !this.isAll && this.#backends.size + this.#frontends.size === 0;
  }

  get backends(): readonly string[] {
    return [...this.#backends];
  }

  get frontends(): readonly string[] {
    return [...this.#frontends];
  }

  /** Notes what an event concerns. */
  add({ event }: Event): void {
    if (event.case === "backend") {
      const { backendName, transition } = event.value;
      if (transition?.to === "removed") this.#toldAt.delete(backendName);
      else this.#toldAt.set(backendName, Number(transition?.atUnixNs ?? 0n));
    }
    switch (event.case) {
      case "backend":
      case "drain":
        this.#add(event.value.backendName, "");
        // Why a weight is what it is changes though the weight may not.
        for (const frontend of this.usersOf(event.value.backendName)) this.#add("", frontend);
        break;
      case "frontend":
      case "pool":
      case "weight":
        this.#add("", event.value.frontendName);
        break;
      case "safety":
      case "override":
        this.#add(event.value.backendName, event.value.frontendName);
        break;
      case "operator":
        // A reset of everything names nothing.
        if (event.value.backendName === "" && event.value.frontendName === "") this.#isAll = true;
        else this.#add(event.value.backendName, event.value.frontendName);
        break;
      case "reload":
        this.#isAll = true;
        this.#isVpp = true;
        break;
      case "vpp":
      case "probing":
        this.#isVpp = true;
        break;
      default:
        break;
    }
  }

  /** Whether it was concerned since everything was asked for. */
  isSince(kind: "backend" | "frontend", name: string): boolean {
    return this.#since[kind].has(name);
  }

  /** When a backend came to its state by the last event about it, in Unix nanoseconds; 0: none was. */
  toldAt(backend: string): number {
    return this.#toldAt.get(backend) ?? 0;
  }

  /** Everything is being asked for. */
  begin(): void {
    this.#since.backend.clear();
    this.#since.frontend.clear();
    this.clear();
  }

  /** All of it is being read. */
  clear(): void {
    this.#backends.clear();
    this.#frontends.clear();
    this.#isAll = false;
  }

  #add(backend: string, frontend: string): void {
    if (backend !== "") {
      this.#backends.add(backend);
      this.#since.backend.add(backend);
    }
    if (frontend !== "") {
      this.#frontends.add(frontend);
      this.#since.frontend.add(frontend);
    }
  }
}
