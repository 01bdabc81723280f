import { frameHeaderLength } from "../../binapi/mod.ts";
import type { Clock } from "../../time/mod.ts";
import type { Transport } from "../../vppclient/mod.ts";
import type { Api } from "../api.ts";
import type { Peer } from "../dispatcher.ts";
import { framesOfClient } from "../messages.ts";
import { ClientEnd, Pipe } from "./stream.ts";

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly number: number;
  readonly api: Api;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Milliseconds that the next piece takes, in either direction. */
  readonly delayMs: () => number;
  /** Called once, when the client has gone or was dropped. */
  readonly onGone: () => void;
}

/** One client of the API, both ends of its connection. Everything happens in turns of the clock. */
export class MemoryConnection implements Peer {
  clientIndex: number | undefined;
  readonly number: number;
  readonly #options: ConnectionOptions;
  readonly #client: ClientEnd;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #frames = framesOfClient();
  readonly #inbox: Uint8Array[] = [];
  #state: "open" | "client has gone" | "closed" = "open";
  #isBusy = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.number = options.number;
    const { clock, delayMs, random } = options;
    this.#up = new Pipe({
      ...{ clock, delayMs },
      arrive: (bytes) => this.#arrive(bytes),
      end: () => this.#clientGone(),
    });
    this.#client = new ClientEnd({
      backlog: () => this.closed ? undefined : this.#backlog,
      random,
      send: (bytes) => this.#up.push(bytes),
      hangUp: () => this.closed ? this.#down.stop() : this.#up.push("end"),
    });
    this.#down = new Pipe({
      ...{ clock, delayMs },
      arrive: (bytes) => this.#client.arrive(bytes),
      end: (end) => this.#client.end(end),
    });
    options.api.connected(this);
  }

  /** The client's end. */
  get transport(): Transport {
    return this.#client;
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  send(bytes: Uint8Array): void {
    if (this.#state === "open") this.#down.push(bytes);
  }

  flushed(): Promise<void> {
    this.#down.settle();
    return Promise.resolve();
  }

  /** As the kernel does when a process dies: unread requests make a reset of it. */
  close(): void {
    if (this.closed) return;
    const isUnread = this.#backlog > 0;
    // All of it as often as only a part.
    this.#down.cut(Math.min(1, 2 * this.#options.random()));
    this.#down.push(isUnread ? "reset" : "end");
    this.#end();
    this.#client.progress();
  }

  get #backlog(): number {
    return this.#inbox.reduce(
      (sum, { length }) => sum + frameHeaderLength + length,
      this.#up.inFlight,
    );
  }

  #arrive(bytes: Uint8Array): void {
    try {
      this.#frames.add(bytes);
      const next = () => this.#frames.next();
      for (let message = next(); message; message = next()) this.#inbox.push(message.slice());
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // A length that cannot be: VPP drops such a client.
      return this.close();
    }
    this.#pump();
  }

  /** Requests in their order, the next one when VPP is done with the one before. */
  #pump(): void {
    while (!this.#isBusy && !this.closed) {
      const message = this.#inbox.shift();
      if (!message) break;
      const delayed = this.#options.api.handle(this, message);
      this.#isBusy = delayed !== undefined;
      delayed?.then(() => {
        this.#isBusy = false;
        this.#pump();
      });
    }
    if (this.closed || this.#isBusy) return;
    if (this.#state === "client has gone") this.#end();
    else this.#client.progress();
  }

  /** What it had sent before is carried out first; nobody hears of it. */
  #clientGone(): void {
    if (this.closed) return;
    this.#state = "client has gone";
    this.#down.stop();
    this.#pump();
  }

  #end(): void {
    this.#state = "closed";
    this.#up.stop();
    this.#inbox.length = 0;
    this.#options.api.disconnected(this);
    this.#options.onGone();
  }
}
