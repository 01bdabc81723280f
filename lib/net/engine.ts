import { type Clock, systemClock } from "../time/mod.ts";
import { Connection, type ConnectionUser, type ConnectTarget } from "./connection.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";
import { type NetnsIdentity, NetnsSockets } from "./netns.ts";
import { type PingOrigin, PingSocket } from "./ping_socket.ts";
import { Poller } from "./poller.ts";

/** Room that one receive is offered. */
const receiveRoom = 65536;

/**
 * The socket engine: one epoll instance, one timer, sockets in any network namespace. A program
 * makes one and shares it.
 */
export class Engine implements AsyncDisposable {
  /** Whose time the deadlines follow. */
  readonly clock: Clock;
  /** @internal */
  readonly poller: Poller;
  /** @internal */
  readonly sockets = new NetnsSockets();
  readonly #deadlines: Deadlines;

  /** Where receives may put their bytes; whoever is told next overwrites it. */
  readonly scratch = new Uint8Array(receiveRoom);
  /** The size of {@link scratch}, as the system call takes it. */
  readonly scratchSize = BigInt(receiveRoom);

  /** Throws NetError when the system is out of descriptors. */
  constructor(clock: Clock = systemClock) {
    this.clock = clock;
    this.poller = new Poller(clock);
    this.#deadlines = new Deadlines(clock);
  }

  /** Begins to connect; see {@link Connection.open}. */
  connect(target: ConnectTarget, user: ConnectionUser): Connection | string {
    return Connection.open(this.poller, this.sockets, target, user);
  }

  /** Opens a socket for pings; see {@link PingSocket.open}. */
  openPing(
    origin: PingOrigin,
    types: readonly number[],
    readable: () => void,
  ): PingSocket | string {
    return PingSocket.open(this.poller, this.sockets, origin, types, readable);
  }

  /** Which namespace a name stands for now; undefined when there is none. */
  netnsIdentity(netns: string): NetnsIdentity | undefined {
    return this.sockets.identity(netns);
  }

  /** Calls `expire` once when the clock has passed `at` milliseconds, never synchronously. */
  deadline(at: number, expire: () => void): Deadline {
    return this.#deadlines.add(at, expire);
  }

  /** Stops all waiting. Connections are their owners' to close, before this. */
  async close(): Promise<void> {
    this.#deadlines.close();
    await this.poller.close();
    this.sockets[Symbol.dispose]();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
