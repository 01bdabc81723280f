import {
  type Connection,
  type ConnectionUser,
  type Failure,
  type Greeting,
  refused,
} from "../net/mod.ts";
import {
  type Attempt,
  failed,
  failedBy,
  formatSeconds,
  hindered,
  type Outcome,
  type ProbeContext,
} from "./attempt.ts";
import type { Notes } from "./target_notes.ts";
import type { ProbeCode, ProbeTarget } from "./types.ts";

/** An attempt that begins with a TCP connection. What comes after it is the subclass's. */
export abstract class ConnectingAttempt implements Attempt, ConnectionUser {
  protected readonly context: ProbeContext;
  protected readonly target: ProbeTarget;
  protected readonly notes: Notes;
  protected readonly report: (outcome: Outcome) => void;
  #connection: Connection | undefined;

  constructor(
    context: ProbeContext,
    target: ProbeTarget,
    report: (outcome: Outcome) => void,
  ) {
    this.context = context;
    this.target = target;
    this.notes = context.notes.of(target.address);
    this.report = report;
  }

  /** Connects to `port`, with what will be sent first; to be called once, when constructed. */
  connect(port: number, greeting?: Greeting): this {
    const { address, check, netns } = this.target;
    const source = address.family === 4 ? check.probeIpv4Source : check.probeIpv6Source;
    const where = { address, port, source, netns, suspect: this.notes.isSilent };
    const connection = this.context.engine.connect(where, this, greeting);
    if ("reason" in connection) {
      this.failed(connection);
    } else {
      this.#connection = connection;
      if (connection.established) this.connected();
    }
    return this;
  }

  get heardAt(): number | undefined {
    return this.#connection?.heardAt;
  }

  get heldUpMs(): number {
    return this.#connection?.heldUpMs ?? 0;
  }

  connected(): void {
    this.notes.isSilent = false;
    if (this.#connection) this.begin(this.#connection);
  }

  failed(failure: Failure): void {
    if (failure === refused) this.notes.isSilent = false;
    // Others tell that nobody has answered, and the socket waited for that until now.
    else if (this.#connection && !failure.isOwn) this.notes.isSilent = true;
    this.report(failedBy("L4CON", failure));
  }

  /** There is something to receive. */
  abstract readable(): void;
  /** The connection is established. */
  protected abstract begin(connection: Connection): void;
  /** What it means that the time is over, once connected. */
  protected abstract timedOutConnected(): Outcome;

  /** The connection, while there is one. */
  protected get connection(): Connection | undefined {
    return this.#connection;
  }

  /** The end by a connection that broke for `reason`, which is `code` unless this host broke it. */
  protected brokenBy(code: ProbeCode, reason: string): Outcome {
    const failure = this.#connection?.failure;
    return failure?.isOwn ? hindered(failure.reason) : failed(code, reason);
  }

  timedOut(): Outcome {
    // Who takes connections and does not answer holds a socket for as long as who takes none.
    this.notes.isSilent = true;
    if (this.#connection?.established) return this.timedOutConnected();
    return failed("L4TOUT", `not connected within ${formatSeconds(this.target.check.timeoutMs)}`);
  }

  close(): void {
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
  }
}
