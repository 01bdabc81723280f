import { reasonOf } from "../log/mod.ts";
import type { Connection } from "../net/mod.ts";
import { failed, formatSeconds, type Outcome, type ProbeContext } from "./attempt.ts";
import { ConnectingAttempt } from "./connecting.ts";
import { type TlsIdentity, TlsSession, type TlsUser } from "./tls_client.ts";
import type { ProbeTarget } from "./types.ts";

/** An attempt whose connection is encrypted. What happens once it is secure is the subclass's. */
export abstract class TlsAttempt extends ConnectingAttempt implements TlsUser {
  readonly #identity: TlsIdentity;
  readonly #verify: boolean;
  #session: TlsSession | undefined;
  #secure = false;

  constructor(
    context: ProbeContext,
    target: ProbeTarget,
    identity: TlsIdentity,
    verify: boolean,
    report: (outcome: Outcome) => void,
  ) {
    super(context, target, report);
    this.#identity = identity;
    this.#verify = verify;
  }

  /** The handshake is done. */
  protected abstract secured(session: TlsSession, protocol: string): void;
  /** Decrypted bytes. */
  abstract data(bytes: Uint8Array): void;
  /** The peer has closed the secure session. */
  abstract ended(): void;
  /** The secure session broke. */
  protected abstract brokenSecure(reason: string): void;
  /** What it means that the time is over, once secure. */
  protected abstract timedOutSecure(): Outcome;

  protected override begin(connection: Connection): void {
    const { engine, ca } = this.context;
    connection.watchReading();
    try {
      const verify = this.#verify;
      this.#session = new TlsSession(engine, connection, this.#identity, verify, ca, this);
    } catch (error) {
      // node:tls throws at names that it doesn't like.
      this.report(failed("L6RSP", reasonOf(error)));
    }
  }

  override readable(): void {
    this.#session?.pull();
  }

  secure(protocol: string): void {
    this.#secure = true;
    if (this.#session) this.secured(this.#session, protocol);
  }

  broken(reason: string): void {
    if (this.#secure) this.brokenSecure(reason);
    else this.report(this.brokenBy("L6RSP", reason));
  }

  protected override timedOutConnected(): Outcome {
    if (this.#secure) return this.timedOutSecure();
    const within = formatSeconds(this.target.check.timeoutMs);
    return failed("L6TOUT", `TLS handshake not finished within ${within}`);
  }

  get certificateEnd(): number | undefined {
    return this.#session?.certificateEnd;
  }

  override close(): void {
    this.#session?.[Symbol.dispose]();
    this.#session = undefined;
    super.close();
  }
}
