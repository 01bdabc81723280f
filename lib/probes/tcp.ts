import type { TcpCheck } from "../config/mod.ts";
import { failed, type Outcome, passed, type Probe } from "./attempt.ts";
import { ConnectingAttempt } from "./connecting.ts";
import { TlsAttempt } from "./tls.ts";
import { tlsIdentity, type TlsSession } from "./tls_client.ts";

const connected = passed("L4OK", "connected");

/** Connects, does a TLS handshake if asked to, and is content; closing resets the connection. */
export const probeTcp: Probe<TcpCheck> = (context, target, { port, tls }, report) => {
  if (!tls) return new TcpAttempt(context, target, report).connect(port);
  const identity = tlsIdentity(tls, undefined, target.address);
  const verify = !tls.insecureSkipVerify;
  return new TcpTlsAttempt(context, target, identity, verify, report).connect(port);
};

class TcpAttempt extends ConnectingAttempt {
  protected override begin(): void {
    this.report(connected);
  }

  override readable(): void {}

  protected override timedOutConnected(): Outcome {
    return failed("L4TOUT", "timed out");
  }
}

class TcpTlsAttempt extends TlsAttempt {
  protected override secured(_session: TlsSession, protocol: string): void {
    this.report(passed("L6OK", `${protocol} handshake done`));
  }

  override data(): void {}
  override ended(): void {}
  protected override brokenSecure(): void {}

  protected override timedOutSecure(): Outcome {
    return failed("L6TOUT", "timed out");
  }
}
