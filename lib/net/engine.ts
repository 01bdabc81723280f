import { type Clock, systemClock } from "../time/mod.ts";
import {
  Connection,
  type ConnectionUser,
  type ConnectTarget,
  type Greeting,
} from "./connection.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";
import { Admission, descriptorLimit } from "./descriptors.ts";
import type { Failure } from "./failure.ts";
import { Inbox, type KernelAge } from "./inbox.ts";
import { type NetnsIdentity, NetnsSockets } from "./netns.ts";
import { type PingFilter, type PingOrigin, PingSocket } from "./ping_socket.ts";
import type { OwnLoop } from "./loop.ts";
import { Poller } from "./poller.ts";
import { Standstill } from "./standstill.ts";
import { TcpSockets } from "./tcp_sockets.ts";

/**
 * An echo takes 768 bytes of a buffer, and twice the size may wait for neighbours that do not
 * answer, for 3 s each: 1,000 of them (net.ipv4.neigh.default.gc_thresh3), each probed ten times a
 * second, fit. Towards here, a hundredth of a second of what a core can send.
 */
const pingBufferBytes = 8 << 20;

/** What tests put in place of the kernel's; everything is real unless given. */
export interface EngineOptions {
  /** How long ago the kernel stamped a packet. */
  readonly kernelAge?: KernelAge;
  /** Makes the sockets. */
  readonly sockets?: NetnsSockets;
  /** How many descriptors this process may have. */
  readonly descriptorLimit?: number;
  /** Where sockets are counted, if other threads open some as well. */
  readonly admissionCounts?: Int32Array<SharedArrayBuffer>;
  /** The loop of this thread, if it has one of its own, whose clock is the engine's. */
  readonly loop?: OwnLoop;
  /** How many bytes a ping socket asks for to each side. */
  readonly pingBufferBytes?: number;
  /** How many TCP sockets may be kept for the next connections; some unless given. */
  readonly idleSockets?: number;
}

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
  readonly sockets: NetnsSockets;
  /** @internal */
  readonly admission: Admission;
  /** @internal Where receives put their bytes; whoever is told next overwrites it. */
  readonly inbox: Inbox;
  /** @internal How many bytes a ping socket asks for to each side; the kernel doubles it. */
  readonly pingBufferBytes: number;
  /** @internal */
  readonly tcpSockets: TcpSockets;
  readonly #deadlines: Deadlines;
  readonly #standstill = new Standstill();

  /** Throws NetError when the system is out of descriptors. */
  constructor(clock: Clock = systemClock, options: EngineOptions = {}) {
    this.clock = clock;
    this.admission = new Admission(
      options.descriptorLimit ?? descriptorLimit(),
      options.admissionCounts,
    );
    this.sockets = options.sockets ?? new NetnsSockets();
    this.tcpSockets = new TcpSockets(
      this.sockets,
      this.admission,
      options.idleSockets ?? this.admission.idle,
      () => clock.now(),
    );
    this.pingBufferBytes = options.pingBufferBytes ?? pingBufferBytes;
    using parts = new DisposableStack();
    this.inbox = parts.use(new Inbox(options.kernelAge));
    this.poller = new Poller(clock, options.loop !== undefined);
    options.loop?.attach(this.poller);
    parts.move();
    this.#deadlines = new Deadlines(clock, () => this.poller.look());
  }

  /** The eventfd by which other threads {@link wake} a loop of this thread's own. */
  get wakeDescriptor(): number {
    return this.poller.wakeDescriptor;
  }

  /** Begins to connect; see {@link Connection.open}. */
  connect(
    target: ConnectTarget,
    user: ConnectionUser,
    greeting?: Greeting,
  ): Connection | Failure {
    return Connection.open(this, target, user, greeting);
  }

  /**
   * To be called every `beatMs` milliseconds: lets go of sockets that are of no use any more, and
   * shows that this thread runs.
   */
  tend(): void {
    this.#standstill.beat(this.clock.now());
    this.tcpSockets.tend();
  }

  /** For how many milliseconds this thread stood still until `now`, in all; see {@link tend}. */
  lostMs(now: number): number {
    return this.#standstill.lostMs(now);
  }

  /** Opens a socket for pings; see {@link PingSocket.open}. */
  openPing(
    origin: PingOrigin,
    filter: PingFilter,
    readable: () => void,
  ): PingSocket | Failure {
    return PingSocket.open(this, origin, filter, readable);
  }

  /** Which namespace a name stands for now; undefined when there is none. */
  netnsIdentity(netns: string): NetnsIdentity | undefined {
    return this.sockets.identity(netns);
  }

  /**
   * Calls `expire` once when the clock has passed `at` milliseconds, never synchronously, and not
   * before everything was told that the sockets had to say by then.
   */
  deadline(at: number, expire: () => void): Deadline {
    return this.#deadlines.add(at, expire);
  }

  /** Stops all waiting. Connections are their owners' to close, before this. */
  async close(): Promise<void> {
    this.#deadlines.close();
    await this.poller.close();
    this.inbox[Symbol.dispose]();
    this.tcpSockets[Symbol.dispose]();
    this.sockets[Symbol.dispose]();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
