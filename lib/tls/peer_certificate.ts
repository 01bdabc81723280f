import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../time/mod.ts";
import type { TlsIdentity } from "./identity.ts";

/** The certificate of a client, whose key it holds. */
export interface PeerCertificate {
  /** DER. */
  readonly der: Uint8Array;
  /** Why it counts for nothing, as the end of a sentence; undefined: it is good. */
  readonly problem: string | undefined;
}

/** What a client has shown of itself, if it was asked to and did. */
export function peerCertificate(
  socket: TLSSocket,
  { asksClients, proven }: TlsIdentity,
  clock: Pick<Clock, "wall">,
): PeerCertificate | undefined {
  // Of a client without a certificate there is an empty object.
  const { raw } = asksClients ? socket.getPeerCertificate() ?? {} : {};
  if (raw === undefined) return undefined;
  const der = new Uint8Array(raw);
  return { der, problem: problemOf(der) };

  function problemOf(der: Uint8Array): string | undefined {
    const certificate = read(der);
    if (!certificate) return "cannot be read";
    const [from, to] = [certificate.validFromDate, certificate.validToDate];
    if (clock.wall() > to.getTime()) return `has expired on ${day(to)}`;
    if (clock.wall() < from.getTime()) return `is not valid before ${day(from)}`;
    if (socket.authorized !== true) return "is not a client's by an authority of --tls-client-ca";
    const { fingerprint256 } = certificate;
    if (!socket.isSessionReused()) proven.add(fingerprint256);
    else if (!proven.has(fingerprint256)) return "was shown in an earlier session: connect anew";
    return undefined;
  }
}

function read(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch (error) {
    // Whatever is wrong with it, it was made by somebody else.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
