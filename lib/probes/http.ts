import type { HttpCheck } from "../config/mod.ts";
import { failed, type Outcome, type Probe, type ProbeContext } from "./attempt.ts";
import { ConnectingAttempt } from "./connecting.ts";
import { HttpExchange } from "./http_exchange.ts";
import type { ProbeTarget } from "./types.ts";

/** One GET over TCP. */
export const probeHttp: Probe<HttpCheck> = (context, target, check, report) =>
  new HttpAttempt(context, target, check, report).connect(check.port);

class HttpAttempt extends ConnectingAttempt {
  readonly #exchange: HttpExchange;

  constructor(
    context: ProbeContext,
    target: ProbeTarget,
    check: HttpCheck,
    report: (outcome: Outcome) => void,
  ) {
    super(context, target, report);
    this.#exchange = new HttpExchange(context, target, check, report);
  }

  override connected(): void {
    const connection = this.connection;
    if (!connection) return;
    const { bytes, length } = this.#exchange.request;
    // A fresh socket takes more than a request at once, so nothing is left over to be sent later.
    const sent = connection.send(bytes, length);
    if (sent < bytes.length) return this.#exchange.broken(connection.failure);
    const failure = connection.watchReading();
    if (failure) this.report(failed("L7RSP", failure));
  }

  override readable(): void {
    const { scratch, scratchSize } = this.context.engine;
    for (let connection = this.connection; connection; connection = this.connection) {
      const received = connection.receive(scratch, scratchSize);
      if (received > 0) this.#exchange.received(scratch, received);
      else if (received === 0) return this.#exchange.ended();
      else if (connection.failure === "") return;
      else return this.#exchange.broken(connection.failure);
    }
  }

  protected override timedOutConnected(): Outcome {
    return this.#exchange.timedOut();
  }

  override close(): void {
    this.#exchange.close();
    super.close();
  }
}
