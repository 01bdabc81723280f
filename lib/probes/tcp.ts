import type { TcpCheck } from "../config/mod.ts";
import { failed, type Outcome, passed, type Probe } from "./attempt.ts";
import { ConnectingAttempt } from "./connecting.ts";
import { probeTcpTls } from "./tcp_tls.ts";

const connected = passed("L4OK", "connected");

/** Connects, does a TLS handshake if asked to, and is content; closing resets the connection. */
export const probeTcp: Probe<TcpCheck> = (context, target, check, report) =>
  check.tls
    ? probeTcpTls(context, target, { ...check, tls: check.tls }, report)
    : new TcpAttempt(context, target, report).connect(check.port);

class TcpAttempt extends ConnectingAttempt {
  protected override begin(): void {
    this.report(connected);
  }

  override readable(): void {}

  protected override timedOutConnected(): Outcome {
    return failed("L4TOUT", "timed out");
  }
}
