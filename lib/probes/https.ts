import type { HttpCheck } from "../config/mod.ts";
import type { Outcome, Probe, ProbeContext } from "./attempt.ts";
import { HttpExchange } from "./http_exchange.ts";
import { TlsAttempt } from "./tls.ts";
import { tlsIdentity, type TlsSession } from "./tls_client.ts";
import type { HttpAnswer, ProbeTarget } from "./types.ts";

/** One GET over TLS. */
export const probeHttps: Probe<HttpCheck> = (context, target, check, report) =>
  new HttpsAttempt(context, target, check, report).connect(check.port);

class HttpsAttempt extends TlsAttempt {
  readonly #exchange: HttpExchange;
  #session: TlsSession | undefined;

  constructor(
    context: ProbeContext,
    target: ProbeTarget,
    check: HttpCheck,
    report: (outcome: Outcome) => void,
  ) {
    const identity = tlsIdentity(check.tls, check.host, target.address);
    super(context, target, identity, !check.tls.insecureSkipVerify, report);
    const request = context.requests.get(check, target.address, this.notes);
    this.#exchange = new HttpExchange(context, request, check, report);
  }

  protected override secured(session: TlsSession): void {
    this.#session = session;
    session.write(this.#exchange.request.bytes);
  }

  override data(bytes: Uint8Array): void {
    this.#exchange.received(bytes, bytes.length);
    if (!this.#exchange.wantsMore) this.#session?.stopReading();
  }

  override ended(): void {
    this.#exchange.ended();
  }

  protected override brokenSecure(reason: string): void {
    // What comes after a response that is being searched says nothing about it.
    if (this.#exchange.wantsMore) this.report(this.brokenBy("L7RSP", reason));
  }

  protected override timedOutSecure(): Outcome {
    return this.#exchange.timedOut();
  }

  get answer(): HttpAnswer | undefined {
    return this.#exchange.answer;
  }

  override close(): void {
    this.#exchange.close();
    super.close();
  }
}
