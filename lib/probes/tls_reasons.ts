/** Why TLS failed, in words for the operator. Pure. */

import { X509Certificate } from "node:crypto";
import { asError } from "../log/mod.ts";
import { alertReason } from "./tls_alerts.ts";

const untrusted = "certificate's authority is not trusted";

/** What node:tls reports, by its code. */
const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "certificate has expired",
  CERT_NOT_YET_VALID: "certificate is not yet valid",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_SIGNATURE_FAILURE: "certificate's signature is wrong",
  CERT_REVOKED: "certificate is revoked",
};

/** The shortest RSA key, in bits, whose signatures Deno's TLS takes. */
const shortestRsa = 2048;
/** Certificates of a chain that are looked at. */
const longestChain = 10;

/** What to say about an error of node:tls in a session with whom `name` was expected. */
export function tlsReason(error: Error, name: string): string {
  const code = codeOf(error);
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `certificate is not for ${name}`;
  if (/InvalidContentType|wrong version number/.test(error.message)) {
    return "the server does not speak TLS";
  }
  return alertReason(error.message) ?? reasons[code] ?? error.message;
}

/**
 * What to say about an error that ended a handshake. No certificate is judged there, but what the
 * server signed with its key is: by rules that cannot be turned off.
 */
export function handshakeReason(error: Error, name: string): string {
  return codeOf(error) === "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
    ? `the server's signature is refused: an RSA key under ${shortestRsa} bits, or not the ` +
      "certificate's key"
    : tlsReason(error, name);
}

/** What is looked at of a certificate that node:tls has (its `PeerCertificate`). */
export interface SeenCertificate {
  /** As node:tls prints it: `Nov 19 00:00:00 2026 GMT`. */
  readonly valid_from: string;
  readonly valid_to: string;
  readonly subjectaltname?: string | undefined;
  /** Whether it is an authority's. */
  readonly ca?: boolean;
  /** Length of the key; of an RSA key where there is a modulus. */
  readonly bits?: number | undefined;
  readonly modulus?: string | undefined;
  /** DER. */
  readonly raw?: Uint8Array;
  /** Itself where it is self-signed. */
  readonly issuerCertificate?: SeenCertificate | undefined;
}

/**
 * Why a certificate was refused: `problem` is node:tls' authorizationError, an Error or its code.
 * Deno 2.9.6 has UNABLE_TO_VERIFY_LEAF_SIGNATURE and SELF_SIGNED_CERT_IN_CHAIN for whatever it
 * cannot use, so the certificate is asked what is wrong with it. `now` in Unix milliseconds.
 */
export function certificateReason(
  problem: unknown,
  certificate: SeenCertificate | undefined,
  name: string,
  now: number,
): string {
  const error = asError(problem);
  const code = codeOf(error) || error.message;
  const reason = tlsReason(Object.assign(error, { code }), name);
  if (!certificate) return reason;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return certificate.subjectaltname ? reason : `${reason}: it has no subject alternative name`;
  }
  if (code === "DEPTH_ZERO_SELF_SIGNED_CERT") {
    return certificate.ca ? `${reason}, as an authority's (CA:TRUE)` : reason;
  }
  return reason === untrusted ? flaw(certificate, now) ?? reason : reason;
}

/** What is wrong with a certificate or with one of those above it, whoever signed them. */
function flaw(certificate: SeenCertificate, now: number): string | undefined {
  if (Date.parse(certificate.valid_to) < now) return reasons.CERT_HAS_EXPIRED;
  if (Date.parse(certificate.valid_from) > now) return reasons.CERT_NOT_YET_VALID;
  let whose = "certificate";
  let seen: SeenCertificate | undefined = certificate;
  for (let count = 0; seen && count < longestChain; count++) {
    const weakness = weaknessOf(seen);
    if (weakness !== undefined) return `${whose} ${weakness}`;
    whose = "certificate's authority";
    // That of a root is the root itself: it is looked at some times more, and said to be well.
    seen = seen.issuerCertificate;
  }
  return undefined;
}

function weaknessOf(certificate: SeenCertificate): string | undefined {
  const { bits, modulus, raw, issuerCertificate } = certificate;
  if (modulus !== undefined && bits !== undefined && bits < shortestRsa) {
    return `has an RSA key of ${bits} bits, fewer than ${shortestRsa}`;
  }
  if (!raw) return undefined;
  // What an authority signs itself proves nothing, so nobody looks at how.
  const weak = issuerCertificate === certificate ? undefined : weakHash(raw);
  if (weak !== undefined) return `is signed with ${weak}, which is not secure`;
  return isFirstVersion(raw) ? "is of X.509 version 1, which is not accepted" : undefined;
}

/** The hash of a signature, if it is one that is broken; undefined for what is no certificate. */
function weakHash(raw: Uint8Array): string | undefined {
  const [hash] = /(?:sha1|md5)(?!\d)/i.exec(signatureAlgorithm(raw)) ?? [];
  return hash?.toUpperCase().replace("SHA", "SHA-");
}

/** `sha1WithRSAEncryption`; node:crypto has had it since 24.9, and @types/node not yet. */
function signatureAlgorithm(raw: Uint8Array): string {
  try {
    const certificate: object = new X509Certificate(raw);
    return "signatureAlgorithm" in certificate ? String(certificate.signatureAlgorithm) : "";
  } catch {
    // The peer sends what it likes; then the reason stays the one of node:tls.
    return "";
  }
}

/** Whether the first thing in the to-be-signed part is not `[0] version` (RFC 5280 section 4.1). */
function isFirstVersion(raw: Uint8Array): boolean {
  const inner = contentAt(raw, contentAt(raw, 0));
  return raw[inner] === 0x02;
}

/** Where the content of the DER element at `at` begins. */
function contentAt(raw: Uint8Array, at: number): number {
  const length = raw[at + 1] ?? 0;
  return at + 2 + (length & 0x80 ? length & 0x7f : 0);
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
