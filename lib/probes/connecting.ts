import type { Connection, ConnectionUser } from "../net/mod.ts";
import { type Attempt, connectTarget, failed, type Outcome, type ProbeContext } from "./attempt.ts";
import { formatSeconds } from "./seconds.ts";
import type { ProbeTarget } from "./types.ts";

/** An attempt that begins with a TCP connection. What comes after it is the subclass's. */
export abstract class ConnectingAttempt implements Attempt, ConnectionUser {
  protected readonly context: ProbeContext;
  protected readonly target: ProbeTarget;
  protected readonly report: (outcome: Outcome) => void;
  #connection: Connection | undefined;

  constructor(
    context: ProbeContext,
    target: ProbeTarget,
    report: (outcome: Outcome) => void,
  ) {
    this.context = context;
    this.target = target;
    this.report = report;
  }

  /** Connects to `port`; to be called once, at the end of construction. */
  connect(port: number): this {
    const connection = this.context.engine.connect(connectTarget(this.target, port), this);
    if (typeof connection === "string") {
      this.report(failed("L4CON", connection));
    } else {
      this.#connection = connection;
      if (connection.established) this.connected();
    }
    return this;
  }

  /** The connection is established. */
  abstract connected(): void;
  /** There is something to receive. */
  abstract readable(): void;
  /** What it means that the time is over, once connected. */
  protected abstract timedOutConnected(): Outcome;

  /** The connection, while there is one. */
  protected get connection(): Connection | undefined {
    return this.#connection;
  }

  failed(reason: string): void {
    this.report(failed("L4CON", reason));
  }

  timedOut(): Outcome {
    if (this.#connection?.established) return this.timedOutConnected();
    return failed("L4TOUT", `not connected within ${formatSeconds(this.target.check.timeoutMs)}`);
  }

  close(): void {
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
  }
}
