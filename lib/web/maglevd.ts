import { Code } from "@connectrpc/connect";
import {
  type Connection,
  describeError,
  hasCode,
  type MaglevClient,
  workTimeoutMs,
} from "../cli/mod.ts";
import type { Server } from "../cli/mod.ts";
import { type Logger, reasonOf } from "../log/mod.ts";
import { type Clock, sleep } from "../time/mod.ts";
import type { Broadcast } from "./broadcast.ts";
import { Feed } from "./feed.ts";
import {
  connectWith,
  isSame,
  mayChange,
  readServerCredentials,
  type ServerCredentials,
} from "./server_credentials.ts";
import { ProbeHistory } from "./probe_history.ts";
import { unheard } from "./state.ts";
import { TrafficRates } from "./traffic.ts";
import { VppCalls } from "./vpp_calls.ts";
import { VppTable } from "./vpp_table.ts";

/** Files are looked at that often, in milliseconds. */
const lookMs = 5_000;

/** What following a maglevd needs besides itself. */
export interface MaglevdDeps {
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One maglevd: how it is asked, and what follows it. */
export class Maglevd implements AsyncDisposable {
  /** As its tab is called. */
  readonly name: string;
  readonly traffic = new TrafficRates();
  readonly probes = new ProbeHistory();
  readonly calls = new VppCalls();
  readonly table: VppTable;
  readonly #over = new AbortController();
  readonly #feed: Feed;
  readonly #work: Promise<unknown>;
  /** Connections of before, whose last calls may still be under way. */
  readonly #former = new Set<Connection>();
  #credentials: ServerCredentials;
  #connection: Connection;
  #notRead = "";
  #renewal = Promise.resolve();

  /** Begins to follow it. Throws CommandFailure when it cannot be shown these credentials. */
  constructor(
    private readonly server: Server,
    credentials: ServerCredentials,
    private readonly deps: MaglevdDeps,
  ) {
    this.name = server.name;
    this.#credentials = credentials;
    this.#connection = connectWith(server, credentials, deps.clock);
    const { clock, log, broadcast } = deps;
    this.table = new VppTable(clock, () => this.client.getVPPLBState({}));
    this.#feed = new Feed({
      ...{ name: server.name, address: server.address, clock, log },
      client: () => this.client,
      traffic: this.traffic,
      probes: this.probes,
      calls: this.calls,
      state: () => broadcast.state(server.name) ?? unheard(server.name, 0),
      publish: (change) => broadcast.publish(server.name, change),
    });
    const { signal } = this.#over;
    this.#work = Promise.all([this.#feed.run(signal), this.#look(signal)]);
  }

  /** The same with what files say now. Throws CommandFailure when something is wrong with them. */
  static async open(server: Server, deps: MaglevdDeps): Promise<Maglevd> {
    return new Maglevd(server, await readServerCredentials(server), deps);
  }

  /** To ask it. */
  get client(): MaglevClient {
    return this.#connection.client;
  }

  /** A failure of a call as one sentence. */
  describe(error: unknown): string {
    if (hasCode(error, Code.Unimplemented)) {
      return "this maglevd is older than the view, and does not tell that";
    }
    return describeError(error, this.server.address);
  }

  /**
   * Reads files again. If they say something else, a new connection shows that; events go on where
   * they were. What is wrong with them is logged once, and all stays as it was. Never rejects.
   */
  renew(): Promise<void> {
    // One after the other: what was read first is not to win.
    return this.#renewal = this.#renewal.then(() => this.#renewNow());
  }

  /** Ends what follows it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#work;
    for (const each of [...this.#former, this.#connection]) each[Symbol.dispose]();
  }

  async #renewNow(): Promise<void> {
    const { log } = this.deps;
    try {
      const credentials = await readServerCredentials(this.server);
      this.#notRead = "";
      if (isSame(credentials, this.#credentials) || this.#over.signal.aborted) return;
      const connection = connectWith(this.server, credentials, this.deps.clock);
      this.#retire(this.#connection);
      this.#connection = connection;
      this.#credentials = credentials;
      log.info("credentials-renewed", { server: this.name });
      this.#feed.renew();
    } catch (error) {
      const err = reasonOf(error);
      if (err === this.#notRead) return;
      this.#notRead = err;
      log.warn("credentials-not-read", { server: this.name, err });
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (!mayChange(this.server)) return;
    const { clock } = this.deps;
    await sleep(clock, lookMs, signal);
    while (!signal.aborted) {
      await this.renew();
      await sleep(clock, lookMs, signal);
    }
  }

  /** Closes a connection when the calls on it have ended, or would have. */
  #retire(connection: Connection): void {
    this.#former.add(connection);
    const { clock } = this.deps;
    void sleep(clock, 2 * workTimeoutMs, this.#over.signal).then(() => {
      if (!this.#over.signal.aborted && this.#former.delete(connection)) {
        connection[Symbol.dispose]();
      }
    });
  }
}
