/** A gate that lets everybody pass while it is open. */
export class Gate {
  #closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  /** Whether nobody passes. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** From now on nobody passes. */
  close(): void {
    if (this.#closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = { opened: promise, open: resolve };
  }

  /** Lets those who wait pass, and all that come. */
  open(): void {
    this.#closed?.open();
    this.#closed = undefined;
  }

  /** Resolves when the gate is open. */
  async passed(): Promise<void> {
    while (this.#closed) await this.#closed.opened;
  }
}
