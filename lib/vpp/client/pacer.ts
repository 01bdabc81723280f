import { breathe, sliceMs } from "./breathe.ts";

/** Paces a loop over many small pieces of work, some of which wait for VPP and some do not. */
export class Pacer {
  #since = performance.now();

  /** Leaves the event loop to others if it has been busy for {@link sliceMs}. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < sliceMs) return;
    await breathe();
    this.#since = performance.now();
  }
}
