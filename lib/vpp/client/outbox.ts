import { WireWriter } from "../../binapi/mod.ts";

const initialCapacity = 64 * 1024;

/** Bytes that may wait for VPP to read: it has stopped reading long before there are as many. */
export const maxUnsent = 8 * 1024 * 1024;

/**
 * Gathers what is to be sent and writes it in one go per turn of the microtask queue, or as soon
 * as the previous write is done: a write per message costs twenty times as much.
 */
export class Outbox {
  #filling = new WireWriter(initialCapacity);
  #spare = new WireWriter(initialCapacity);
  #state: "idle" | "busy" | "ended" = "idle";

  /** `write` writes some of the bytes and says how many; `failed` is told when it throws. */
  constructor(
    private readonly write: (bytes: Uint8Array) => Promise<number>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Append whole frames here, then call `schedule`. */
  get writer(): WireWriter {
    return this.#filling;
  }

  /** Sees to it that what was appended is written soon. */
  schedule(): void {
    if (this.#state !== "idle") return;
    this.#state = "busy";
    queueMicrotask(() => void this.#flush());
  }

  /** Writes nothing any more. */
  end(): void {
    this.#state = "ended";
  }

  async #flush(): Promise<void> {
    try {
      while (!this.#ended && this.#filling.length > 0) await this.#writeFilled();
      if (!this.#ended) this.#state = "idle";
    } catch (error) {
      this.failed(error);
    }
  }

  async #writeFilled(): Promise<void> {
    const full = this.#filling;
    this.#filling = this.#spare;
    const bytes = full.written();
    for (let at = 0; at < bytes.length;) {
      if (this.#ended) return;
      at += await this.write(bytes.subarray(at));
    }
    full.truncate(0);
    this.#spare = full;
  }

  get #ended(): boolean {
    return this.#state === "ended";
  }
}
