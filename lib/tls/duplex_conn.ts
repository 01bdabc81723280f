import type { Duplex } from "node:stream";
import type { ByteConn } from "../h2/mod.ts";

/**
 * A stream of Node's as a connection. Nothing is read ahead of what the stream itself holds, and a
 * write is over when the stream has passed it on.
 */
export class DuplexConn implements ByteConn {
  /** What was taken off the stream and had no room. */
  #rest = new Uint8Array();
  #end: { readonly error: Error | undefined } | undefined;
  #wakeReader: (() => void) | undefined;
  /** Writes under way. */
  readonly #writing = new Set<(error: Error) => void>();

  /**
   * Owns `duplex` from now on. `onWait` is called when a reader finds nothing there; `take` is how
   * what is there is taken.
   */
  constructor(
    private readonly duplex: Duplex,
    private readonly onWait: () => void = () => {},
    private readonly take: () => Uint8Array<ArrayBuffer> | null = () => duplex.read(),
  ) {
    duplex.on("readable", () => this.wake());
    duplex.on("end", () => this.#over(undefined));
    duplex.on("error", (error: Error) => this.#over(error));
    duplex.on("close", () => this.#over(new Deno.errors.BadResource("the connection is closed")));
  }

  /** Whether a reader waits for the stream. */
  get isWaiting(): boolean {
    return this.#wakeReader !== undefined;
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#rest.length === 0) this.#rest = this.take() ?? this.#rest;
      const count = Math.min(into.length, this.#rest.length);
      if (count > 0) {
        into.set(this.#rest.subarray(0, count));
        this.#rest = this.#rest.subarray(count);
        return count;
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return null;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
        this.onWait();
      });
    }
  }

  write(octets: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.duplex.destroyed) {
        return reject(new Deno.errors.BadResource("the connection is closed"));
      }
      this.#writing.add(reject);
      this.duplex.write(octets, (error) => {
        this.#writing.delete(reject);
        if (error) reject(error);
        else resolve(octets.length);
      });
    });
  }

  closeWrite(): Promise<void> {
    const { duplex } = this;
    return new Promise((resolve) => {
      // A stream that is closed meanwhile may never get to its end.
      duplex.once("close", () => resolve());
      duplex.end(() => resolve());
    });
  }

  close(): void {
    this.duplex.destroy();
    this.#over(new Deno.errors.BadResource("the connection is closed"));
  }

  /** There may be something to take for who waits. */
  wake(): void {
    this.#wakeReader?.();
    this.#wakeReader = undefined;
  }

  #over(error: Error | undefined): void {
    // Whoever has read to the end is not told of what came later, but who writes is.
    this.#end ??= { error };
    this.wake();
    if (!error) return;
    for (const reject of this.#writing) reject(error);
    this.#writing.clear();
  }
}
