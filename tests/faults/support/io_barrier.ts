/**
 * Tells when everything that could be read has been read: a byte of our own goes through the
 * kernel and comes back, behind what was there before it.
 */
export class IoBarrier implements Disposable {
  readonly #near: Deno.Conn;
  readonly #far: Deno.Conn;
  readonly #byte = new Uint8Array(1);

  private constructor(near: Deno.Conn, far: Deno.Conn) {
    this.#near = near;
    this.#far = far;
  }

  /** Makes one, with a socket at `path`. */
  static async create(path: string): Promise<IoBarrier> {
    using listener = Deno.listen({ transport: "unix", path });
    const [near, far] = await Promise.all([
      Deno.connect({ transport: "unix", path }),
      listener.accept(),
    ]);
    return new IoBarrier(near, far);
  }

  /** Resolves when the byte is back, all timers that were due and microtasks having run. */
  async pass(): Promise<void> {
    const back = this.#far.read(this.#byte);
    await this.#near.write(this.#byte);
    await back;
  }

  [Symbol.dispose](): void {
    this.#near.close();
    this.#far.close();
  }
}
