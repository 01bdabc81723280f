import { type Connection, connectTo, describeError, type MaglevClient } from "../cli/mod.ts";
import type { Server } from "../cli/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { Broadcast } from "./broadcast.ts";
import { Feed } from "./feed.ts";
import { ProbeHistory } from "./probe_history.ts";
import { unheard } from "./state.ts";
import { TrafficRates } from "./traffic.ts";

/** One maglevd: how it is asked, and what follows it. */
export class Maglevd implements AsyncDisposable {
  /** As its tab is called. */
  readonly name: string;
  readonly traffic = new TrafficRates();
  readonly probes = new ProbeHistory();
  readonly #address: string;
  readonly #connection: Connection;
  readonly #over = new AbortController();
  readonly #feed: Promise<void>;

  /** Begins to follow it. Throws CommandFailure when the address is none. */
  constructor(
    { name, address }: Server,
    { broadcast, clock, log }: {
      readonly broadcast: Broadcast;
      readonly clock: Clock;
      readonly log: Logger;
    },
  ) {
    this.name = name;
    this.#address = address;
    this.#connection = connectTo(address);
    this.#feed = new Feed({
      ...{
        name,
        address,
        clock,
        log,
        client: this.client,
        traffic: this.traffic,
        probes: this.probes,
      },
      state: () => broadcast.state(name) ?? unheard(name, 0),
      publish: (change) => broadcast.publish(name, change),
    }).run(this.#over.signal);
  }

  /** To ask it. */
  get client(): MaglevClient {
    return this.#connection.client;
  }

  /** A failure of a call as one sentence. */
  describe(error: unknown): string {
    return describeError(error, this.#address);
  }

  /** Ends what follows it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#feed;
    this.#connection[Symbol.dispose]();
  }
}
