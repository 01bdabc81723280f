import { acceptSeqpacket, type FileDescriptor, listenSeqpacket, sendFd } from "../net/mod.ts";
import type { Gate } from "./gate.ts";
import type { Journal } from "./journal.ts";

/** What the stats socket needs. */
export interface StatsServerOptions {
  readonly path: string;
  /** The segment, which each client gets a descriptor of. */
  readonly segment: FileDescriptor;
  readonly gate: Gate;
  readonly journal: Journal;
}

/** The stats socket: whoever connects gets the segment's descriptor and is let go. */
export class StatsServer {
  readonly #options: StatsServerOptions;
  readonly #listener: FileDescriptor;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  /** Listens at once; nothing may lie at the path. */
  constructor(options: StatsServerOptions) {
    this.#options = options;
    this.#listener = listenSeqpacket(options.path);
    this.#done = this.#accept();
  }

  /** Stops listening. Resolves when nothing runs any more. */
  close(): Promise<void> {
    this.#stop.abort();
    this.#listener[Symbol.dispose]();
    return this.#done;
  }

  async #accept(): Promise<void> {
    const { signal } = this.#stop;
    const { gate, segment, journal } = this.#options;
    while (!signal.aborted) {
      try {
        using client = await acceptSeqpacket(this.#listener, { signal });
        await gate.passed();
        if (signal.aborted) return;
        journal.note({ kind: "stats-client" });
        sendFd(client, segment);
      } catch (error) {
        // A client that has gone again is nobody's concern; when stopping, neither is anything.
        if (!signal.aborted && !(error instanceof Error && error.name === "NetError")) throw error;
      }
    }
  }
}
