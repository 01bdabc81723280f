import type { ByteConn } from "../../../lib/h2/mod.ts";

/** A connection in memory: what the test feeds is read, what is written is kept. */
export class PipeConn implements ByteConn {
  readonly written: Uint8Array[] = [];
  closed = false;
  halfClosed = false;
  /** Whether a write waits. */
  stuck = false;
  /** While false, writes wait. */
  #open = true;
  #incoming: (Uint8Array | null)[] = [];
  #wake: Set<() => void> = new Set();

  feed(...pieces: (Uint8Array | null)[]): void {
    this.#incoming.push(...pieces);
    this.#stir();
  }

  /** Makes writes wait, or lets them go on. */
  set accepting(accepting: boolean) {
    this.#open = accepting;
    this.#stir();
  }

  async read(p: Uint8Array): Promise<number | null> {
    await this.until(() => this.closed || this.#incoming.length > 0);
    if (this.closed) throw new Deno.errors.BadResource("closed");
    const piece = this.#incoming.shift();
    if (!piece) return null;
    const taken = piece.subarray(0, p.length);
    p.set(taken);
    if (taken.length < piece.length) this.#incoming.unshift(piece.subarray(taken.length));
    return taken.length;
  }

  async write(p: Uint8Array): Promise<number> {
    this.stuck = !this.#open;
    this.#stir();
    await this.until(() => this.closed || this.#open);
    this.stuck = false;
    if (this.closed) throw new Deno.errors.BadResource("closed");
    this.written.push(p.slice());
    this.#stir();
    return p.length;
  }

  closeWrite(): Promise<void> {
    this.halfClosed = true;
    this.#stir();
    return Promise.resolve();
  }

  close(): void {
    if (this.closed) throw new Deno.errors.BadResource("closed");
    this.closed = true;
    this.#stir();
  }

  /** Resolves once `holds` does; it is looked at whenever something happens here. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#wake.add(resolve));
  }

  #stir(): void {
    const waiting = [...this.#wake];
    this.#wake.clear();
    for (const wake of waiting) wake();
  }
}
