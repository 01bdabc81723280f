import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { duplexPair } from "node:stream";
import { connect, createServer, type TlsOptions } from "node:tls";
import { reasonOf } from "../log/mod.ts";
import { certificatesOf, pemBlocks, PemError, type PemFile, readPem } from "./pem.ts";

/** The files that a server proves itself with, and by which it knows clients. */
export interface TlsPaths {
  /** Its certificate and those that vouch for it, PEM. */
  readonly cert: string;
  /** The certificate's private key, PEM. */
  readonly key: string;
  /** The authorities of clients' certificates, PEM; empty: clients are not asked for any. */
  readonly clientCa: string;
}

/** What a server proves itself with, ready to be used. */
export interface TlsIdentity {
  readonly options: TlsOptions;
  /** Whether clients are asked for a certificate. */
  readonly asksClients: boolean;
  readonly proven: Proven;
  /** The server's own certificate. */
  readonly certificate: CertificateFacts;
  /** The authorities by which clients are known, as in their file; empty where they are not asked. */
  readonly authorities: string;
  /** The same, read. */
  readonly trusted: readonly X509Certificate[];
  /** When the first of them ends, Unix milliseconds; undefined where clients are not asked. */
  readonly trustedUntil: number | undefined;
}

/** Where connections get what they are secured with. */
export interface TlsSource {
  /** What is in force now: it may be another one later. */
  readonly identity: TlsIdentity;
}

/** What operators may want to know of a certificate. */
export interface CertificateFacts {
  /** Unix milliseconds. */
  readonly from: number;
  /** Unix milliseconds. */
  readonly end: number;
  /** Names that it is for, as in the certificate: DNS names and addresses. */
  readonly names: readonly string[];
}

/**
 * Reads the files, and makes sure that they can be used together. `before` is what was in use:
 * clients that are known by the same authorities may go on with their sessions. Rejects with
 * PemError.
 */
export async function loadIdentity(
  { cert, key, clientCa }: TlsPaths,
  before?: TlsIdentity,
): Promise<TlsIdentity> {
  // One after the other: of several mistakes it is always the same that is told.
  const certFile = await readPem("--tls-cert", cert);
  const keyFile = await readPem("--tls-key", key);
  const caFile = clientCa === "" ? undefined : await readPem("--tls-client-ca", clientCa);
  const chain = certificatesOf(certFile);
  const [leaf] = chain;
  if (!leaf) throw new PemError(`${certFile.where}: holds no certificate`);
  checkPair(chain, certFile, keyOf(keyFile), keyFile);
  const trusted = caFile ? authoritiesOf(caFile) : [];
  const options: TlsOptions = {
    ...{ cert: certFile.text, key: keyFile.text },
    ...caFile && { ca: trusted.map(String), requestCert: true },
    // Who has no certificate may have a token; of one that is not good, the client is told.
    rejectUnauthorized: false,
    ALPNProtocols: ["h2", "http/1.1"],
    minVersion: "TLSv1.2",
    // None: the runtime would keep each socket for as long as that, also of a handshake that has
    // failed (2 minutes, 25 KB each). Whoever serves the connection gives it its time.
    handshakeTimeout: -1,
  };
  await tryOut(options, certFile);
  const authorities = caFile?.text ?? "";
  return {
    ...{ options, authorities, trusted, asksClients: caFile !== undefined },
    trustedUntil: caFile && Math.min(...trusted.map(({ validToDate }) => validToDate.getTime())),
    certificate: factsOf(leaf),
    proven: before?.authorities === authorities ? before.proven : new Proven(),
  };
}

function keyOf({ where, text }: PemFile): KeyObject {
  const blocks = pemBlocks(text).filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [block, other] = blocks;
  if (!block) throw new PemError(`${where}: holds no private key in PEM`);
  if (other) throw new PemError(`${where}:${other.line}: there is a second private key`);
  if (block.text.includes("ENCRYPTED")) {
    throw new PemError(
      `${where}: the key is encrypted, and there is nobody to ask for the passphrase: ` +
        "write it without by openssl pkey -in … -out …",
    );
  }
  try {
    return createPrivateKey(block.text);
  } catch {
    // What the library says may repeat what it has read.
    throw new PemError(`${where}:${block.line}: the key that begins here is damaged`);
  }
}

function checkPair(
  [leaf, ...others]: readonly X509Certificate[],
  cert: PemFile,
  key: KeyObject,
  keyFile: PemFile,
): void {
  if (leaf?.checkPrivateKey(key)) return;
  if (others.some((each) => each.checkPrivateKey(key))) {
    throw new PemError(`${cert.where}: the server's own certificate has to stand first`);
  }
  throw new PemError(`${keyFile.where}: is not the key of the certificate of ${cert.where}`);
}

/** The authorities of a file. Throws PemError, also of what would be passed over. */
function authoritiesOf(file: PemFile): readonly X509Certificate[] {
  const list = pemBlocks(file.text).find(({ label }) => label === "X509 CRL");
  if (list) {
    throw new PemError(
      `${file.where}:${list.line}: revocation lists (X509 CRL) are not looked at: take it out, and ` +
        "keep a client out by taking its name out of the file of --auth",
    );
  }
  const authorities = certificatesOf(file);
  const other = authorities.find(({ ca }) => !ca);
  if (!other) return authorities;
  const subject = other.subject.replaceAll("\n", ",");
  throw new PemError(`${file.where}: the certificate of ${subject} is no authority's (CA:TRUE)`);
}

/** Shakes hands with itself: what the runtime cannot work with shows here, and not to clients. */
async function tryOut(options: TlsOptions, { where }: PemFile): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const [ours, theirs] = duplexPair();
  try {
    const server = createServer(options);
    server.on("secureConnection", (socket) => {
      socket.on("error", reject).destroy();
      resolve();
    });
    server.on("tlsClientError", reject);
    server.emit("connection", ours);
    connect({ socket: theirs, rejectUnauthorized: false }).on("error", reject);
    await promise;
  } catch (error) {
    throw new PemError(`${where}: cannot be used: ${reasonOf(error)}`);
  } finally {
    ours.destroy();
    theirs.destroy();
  }
}

function factsOf(leaf: X509Certificate): CertificateFacts {
  const names = (leaf.subjectAltName ?? "").split(", ").flatMap((each) => {
    const [, name] = /^(?:DNS|IP Address):(.+)$/.exec(each) ?? [];
    return name === undefined ? [] : [name];
  });
  return { from: leaf.validFromDate.getTime(), end: leaf.validToDate.getTime(), names };
}

/** Certificates that are remembered; who is forgotten shakes hands again. */
const mostProven = 4096;

/**
 * Certificates that the authorities now trusted have been seen to vouch for, in a whole handshake.
 * The runtime lets clients go on with an earlier session by tickets that are good for the whole
 * process: then it looks at no certificate again, and calls authorized even what it has not let
 * pass the first time, or what authorities vouched for that are trusted no more.
 */
export class Proven {
  readonly #seen = new Set<string>();

  /** A whole handshake has shown that the certificate of this fingerprint is good. */
  add(fingerprint: string): void {
    this.#seen.delete(fingerprint);
    this.#seen.add(fingerprint);
    for (const oldest of this.#seen) {
      if (this.#seen.size <= mostProven) break;
      this.#seen.delete(oldest);
    }
  }

  /** Whether it has been. */
  has(fingerprint: string): boolean {
    return this.#seen.has(fingerprint);
  }
}
