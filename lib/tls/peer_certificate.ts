import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Clock } from "../time/mod.ts";
import type { Proven, TlsIdentity, TlsSource } from "./identity.ts";

/** The certificate of a client, whose key it holds. */
export interface PeerCertificate {
  /** DER. */
  readonly der: Uint8Array;
  /**
   * Why it counts for nothing now, as the end of a sentence; undefined: it is good. It may end, and
   * the authorities that are trusted may be replaced, while the connection goes on.
   */
  readonly problem: string | undefined;
}

/** What a handshake is looked at with. */
export interface PeerCertificateOptions {
  /** What it was made with. */
  readonly identity: TlsIdentity;
  /** Where the authorities are that are trusted later. */
  readonly source: TlsSource;
  readonly clock: Pick<Clock, "wall">;
}

/** What a client has shown of itself, if it was asked to and did. */
export function peerCertificate(
  socket: TLSSocket,
  options: PeerCertificateOptions,
): PeerCertificate | undefined {
  const isAuthorized = socket.authorized === true;
  // Of a client without a certificate there is an empty object.
  const shown: Shown = options.identity.asksClients
    ? socket.getPeerCertificate(isAuthorized) ?? {}
    : {};
  if (shown.raw === undefined) return undefined;
  const der = new Uint8Array(shown.raw);
  const certificate = read(der);
  if (!certificate) return { der, problem: "cannot be read" };
  return new ReadCertificate(der, certificate, {
    ...options,
    refusal: refusalOf(socket, certificate, options.identity),
    chain: isAuthorized ? chainOf(shown) : [],
  });
}

/** What the runtime tells of a certificate, and of those that vouch for it. */
export interface Shown {
  readonly raw?: Uint8Array;
  readonly issuerCertificate?: Shown;
}

/** Certificates of a chain that are looked at. */
const longestChain = 10;

/**
 * The certificate and those that vouched for it, DER, up to the authority that was trusted: that is
 * followed by itself or by nothing, and is none of them.
 */
export function chainOf(shown: Shown): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (let at = shown; at.raw && chain.length < longestChain;) {
    const issuer: Shown | undefined = at.issuerCertificate;
    if (!issuer || issuer === at) break;
    chain.push(new Uint8Array(at.raw));
    at = issuer;
  }
  return chain;
}

/** What the handshake has found out, which stays so whoever is trusted later. */
function refusalOf(
  socket: TLSSocket,
  { fingerprint256 }: X509Certificate,
  { proven }: TlsIdentity,
): string | undefined {
  if (socket.authorized !== true) return "is not a client's by an authority of --tls-client-ca";
  if (!socket.isSessionReused()) proven.add(fingerprint256);
  else if (!proven.has(fingerprint256)) return "was shown in an earlier session: connect anew";
  return undefined;
}

class ReadCertificate implements PeerCertificate {
  readonly #from: number;
  readonly #to: number;
  /** By the authorities of `by`, whether it is still vouched for. */
  #vouched: { readonly by: Proven; readonly isSo: boolean };

  constructor(
    readonly der: Uint8Array,
    { validFromDate, validToDate }: X509Certificate,
    private readonly known: PeerCertificateOptions & {
      readonly refusal: string | undefined;
      readonly chain: readonly Uint8Array[];
    },
  ) {
    this.#from = validFromDate.getTime();
    this.#to = validToDate.getTime();
    this.#vouched = { by: known.identity.proven, isSo: true };
  }

  get problem(): string | undefined {
    const { clock, refusal } = this.known;
    const now = clock.wall();
    if (now > this.#to) return `has expired on ${day(this.#to)}`;
    if (now < this.#from) return `is not valid before ${day(this.#from)}`;
    if (refusal !== undefined) return refusal;
    return this.#isVouchedFor(now) ? undefined : "is by no authority of --tls-client-ca any more";
  }

  #isVouchedFor(now: number): boolean {
    const { proven, trusted } = this.known.source.identity;
    // It is the same as long as the authorities are.
    if (this.#vouched.by !== proven) {
      const chain = this.known.chain.map((der) => new X509Certificate(der));
      this.#vouched = { by: proven, isSo: isVouchedFor(chain, trusted, now) };
    }
    return this.#vouched.isSo;
  }
}

function read(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    // Whatever is wrong with it, it was made by somebody else.
    return undefined;
  }
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * Whether one of these authorities vouches for the first certificate of a chain, by itself or by
 * those behind it, at a time (Unix milliseconds). The chain was verified before, by whatever
 * authority was trusted then: nothing but where it ends is asked. Pure.
 */
export function isVouchedFor(
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: number,
): boolean {
  const good = authorities.filter((each) => isValidAt(each, now));
  for (const certificate of chain) {
    // One in the middle that has ended vouches for nobody any more.
    if (!isValidAt(certificate, now)) return false;
    if (good.some((authority) => isBy(certificate, authority))) return true;
  }
  return false;
}

function isBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && now <= validToDate.getTime();
}
