import type { TcpCheck, TlsParams } from "../config/mod.ts";
import { failed, type Outcome, passed, type Probe } from "./attempt.ts";
import { TlsAttempt } from "./tls.ts";
import { tlsIdentity, type TlsSession } from "./tls_client.ts";

/** Connects, does a TLS handshake, and is content. */
export const probeTcpTls: Probe<TcpCheck & { readonly tls: TlsParams }> = (
  context,
  target,
  check,
  report,
) => {
  const identity = tlsIdentity(check.tls, undefined, target.address);
  const verify = !check.tls.insecureSkipVerify;
  return new TcpTlsAttempt(context, target, identity, verify, report).connect(check.port);
};

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
