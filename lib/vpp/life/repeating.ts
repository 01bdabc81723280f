import type { Clock, Timer } from "../../time/mod.ts";

/**
 * Runs `work` every `delayMs()`, the first time after that delay, never twice at once. Whatever
 * it rejects with goes to `failed`, which ends the repetition.
 */
export class Repeating implements Disposable {
  #timer: Timer | undefined;
  #isOver = false;

  constructor(
    private readonly clock: Clock,
    private readonly delayMs: () => number,
    private readonly work: () => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #arm(): void {
    if (this.#isOver) return;
    this.#timer = this.clock.after(this.delayMs(), () => void this.#run());
  }

  async #run(): Promise<void> {
    try {
      await this.work();
      this.#arm();
    } catch (error) {
      if (!this.#isOver) this.failed(error);
    }
  }
}
