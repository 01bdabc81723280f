/** Told about a rendering. */
export interface RenderingListener {
  /** There is more of it in memory. */
  grew(): void;
  /** It is complete, or broken: who asks now gets another. */
  finished(): void;
  /** Nobody reads it any more, or can. */
  left(): void;
}

type State =
  | { readonly kind: "running" | "complete" }
  | { readonly kind: "broken"; readonly error: unknown };

/**
 * A scrape, rendered once for all who read it, however fast. It is made at its own pace and kept
 * until its last reader has gone, so that a slow reader holds up neither it nor the others.
 */
export class Rendering {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #listener: RenderingListener;
  readonly #parts: Uint8Array[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #readers = new Set<RenderingReader>();
  #state: State = { kind: "running" };
  #octets = 0;

  /** Begins at once. What `source` throws, all readers get. */
  constructor(source: AsyncIterable<Uint8Array>, listener: RenderingListener) {
    this.#source = source[Symbol.asyncIterator]();
    this.#listener = listener;
    void this.#run();
  }

  /** What it holds. */
  get octets(): number {
    return this.#octets;
  }

  /** All of it from the beginning, for one reader. */
  read(): AsyncIterableIterator<Uint8Array> {
    const reader = new RenderingReader((index) => this.#part(index), () => this.#leave(reader));
    this.#readers.add(reader);
    return reader;
  }

  /** Ends it for all its readers. */
  cut(error: Error): void {
    if (this.#state.kind === "broken") return;
    const running = this.#state.kind === "running";
    this.#end({ kind: "broken", error });
    this.#parts.length = 0;
    if (running) this.#listener.finished();
  }

  async #run(): Promise<void> {
    try {
      for (let part = await this.#pull(); part; part = await this.#pull()) {
        this.#parts.push(part);
        this.#octets += part.length;
        this.#wake();
        this.#listener.grew();
      }
      if (this.#state.kind !== "running") return;
      this.#end({ kind: "complete" });
    } catch (error) {
      this.#end({ kind: "broken", error });
      this.#listener.left();
    }
    this.#listener.finished();
  }

  async #pull(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#source.next();
    if (this.#state.kind === "running") return done ? undefined : value;
    await this.#source.return?.();
    return undefined;
  }

  #end(state: State): void {
    this.#state = state;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async #part(index: number): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#state.kind === "broken") throw this.#state.error;
      const part = this.#parts[index];
      if (part || this.#state.kind === "complete") return part;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #leave(reader: RenderingReader): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    this.cut(new Error("nobody reads it"));
    this.#listener.left();
  }
}

/** One reader's place in a rendering. */
class RenderingReader implements AsyncIterableIterator<Uint8Array> {
  #index = 0;
  #over = false;

  constructor(
    private readonly part: (index: number) => Promise<Uint8Array | undefined>,
    private readonly leave: () => void,
  ) {}

  async next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#over ? undefined : await this.part(this.#index++);
    if (value) return { done: false, value };
    return await this.return();
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#over = true;
    this.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
