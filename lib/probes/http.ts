import type { HttpCheck } from "../config/mod.ts";
import type { Connection } from "../net/mod.ts";
import { failedBy, hindered, type Outcome, type Probe, type ProbeContext } from "./attempt.ts";
import { ConnectingAttempt } from "./connecting.ts";
import { HttpExchange } from "./http_exchange.ts";
import type { HttpAnswer, ProbeTarget } from "./types.ts";

/** One GET over TCP. */
export const probeHttp: Probe<HttpCheck> = (context, target, check, report) =>
  new HttpAttempt(context, target, check, report).start(check.port);

class HttpAttempt extends ConnectingAttempt {
  readonly #exchange: HttpExchange;

  constructor(
    context: ProbeContext,
    target: ProbeTarget,
    check: HttpCheck,
    report: (outcome: Outcome) => void,
  ) {
    super(context, target, report);
    const request = context.requests.get(check, target.address, this.notes);
    this.#exchange = new HttpExchange(context, request, check, report);
  }

  /** Connects, with the request. */
  start(port: number): this {
    return this.connect(port, this.#exchange.request);
  }

  protected override begin(connection: Connection): void {
    const { request } = this.#exchange;
    const sent = connection.greet(request);
    // A fresh socket takes more than a request at once, unless the kernel is short of memory.
    if (sent < request.bytes.length) return this.report(unsent(connection));
    connection.watchReading();
  }

  override readable(): void {
    const { bytes } = this.context.engine.inbox;
    for (;;) {
      const { connection } = this;
      if (!connection || !this.#exchange.wantsMore) return;
      const received = connection.receive();
      if (received > 0) this.#exchange.received(bytes, received);
      else if (received === 0) return this.#exchange.ended();
      else if (!connection.failure) return;
      else return this.report(failedBy("L7RSP", connection.failure));
    }
  }

  protected override timedOutConnected(): Outcome {
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

function unsent({ failure }: Connection): Outcome {
  return failure
    ? failedBy("L7RSP", failure)
    : hindered("the request does not fit into the socket's buffer");
}
