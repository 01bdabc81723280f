import {
  acceptSeqpacket,
  type FileDescriptor,
  listenSeqpacket,
  NetError,
  sendFd,
} from "../net/mod.ts";
import type { Gate } from "./faults.ts";
import type { Journal } from "./journal.ts";

/** How soon a client is noticed, in real time whatever the clock of the test says. */
const pollMs = 3;

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
  #stopped = false;
  readonly #done: Promise<void>;

  /** Listens at once; nothing may lie at the path. */
  constructor(options: StatsServerOptions) {
    this.#options = options;
    this.#listener = listenSeqpacket(options.path);
    this.#done = this.#accept();
  }

  /** Stops listening. Resolves when nothing runs any more. */
  close(): Promise<void> {
    this.#stopped = true;
    this.#listener[Symbol.dispose]();
    return this.#done;
  }

  async #accept(): Promise<void> {
    const { gate, segment, journal } = this.#options;
    while (!this.#stopped) {
      try {
        using client = await acceptSeqpacket(this.#listener, { timeoutMs: pollMs });
        await gate.passed();
        if (this.#stopped) return;
        journal.note({ kind: "stats-client" });
        sendFd(client, segment);
      } catch (error) {
        // Nobody has come, a client has gone again, or the listener was closed.
        if (!(error instanceof NetError) && !this.#stopped) throw error;
      }
    }
  }
}
