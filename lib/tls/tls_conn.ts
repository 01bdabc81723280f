import { createServer, type TLSSocket } from "node:tls";
import type { ByteConn } from "../h2/mod.ts";
import { asError } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { ConnDuplex } from "./conn_duplex.ts";
import { DuplexConn } from "./duplex_conn.ts";
import type { TlsIdentity, TlsSource } from "./identity.ts";
import { type PeerCertificate, peerCertificate } from "./peer_certificate.ts";

/** What a handshake has come to. */
export interface Handshake {
  /** What both sides speak, by ALPN; undefined where the client has not said. */
  readonly protocol: string | undefined;
  /** The certificate that the client has shown, if it was asked for one and has. */
  readonly certificate: PeerCertificate | undefined;
}

/** What a connection is secured with. */
export interface TlsConnOptions {
  /** Where that comes from, which may trust others later. */
  readonly source: TlsSource;
  readonly clock: Clock;
  /** What is said to a client that speaks HTTP/1.1 without TLS. */
  readonly toPlainText: Uint8Array;
}

/** Octets in which a handshake has to be over: a long chain of certificates is a tenth of it. */
const mostHandshakeBytes = 131_072;

/** The first octet of whatever a TLS client begins with (RFC 8446 section 5.1). */
const handshakeRecord = 22;

/**
 * The server's side of TLS over a connection. What comes is taken as it is asked for, so that a
 * client that sends more than is read waits, as it would without TLS.
 */
export class TlsConn implements ByteConn {
  readonly #identity: TlsIdentity;
  readonly #below: ConnDuplex;
  #above: DuplexConn | undefined;
  readonly #handshake = Promise.withResolvers<Handshake>();
  #octets = 0;

  /** Owns `conn`, and begins the handshake. */
  constructor(private readonly conn: ByteConn, private readonly options: TlsConnOptions) {
    this.#identity = options.source.identity;
    // Whether anybody waits for it or not.
    this.#handshake.promise.catch((error) => this.#below.destroy(asError(error)));
    const fail = (error: Error) => this.#handshake.reject(error);
    this.#below = new ConnDuplex({
      read: (into) => this.#read(into),
      write: (octets) => conn.write(octets),
      closeWrite: () => Promise.resolve(conn.closeWrite?.()),
      close: () => conn.close(),
    }, () => this.#above?.isWaiting ?? true);
    this.#below.on("error", fail);
    this.#below.on("close", () => fail(new Deno.errors.BadResource("the connection is closed")));
    // Its events do not say which connection they are about: so each connection has its own.
    const server = createServer(this.#identity.options);
    server.on("secureConnection", (socket) => this.#secured(socket));
    server.on("tlsClientError", fail);
    server.emit("connection", this.#below);
  }

  /** Resolves when the handshake is over, and rejects when it fails. */
  handshake(): Promise<Handshake> {
    return this.#handshake.promise;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#open().read(into);
  }

  write(octets: Uint8Array): Promise<number> {
    return this.#open().write(octets);
  }

  async closeWrite(): Promise<void> {
    await this.#above?.closeWrite();
  }

  close(): void {
    this.#above?.close();
    this.#below.destroy();
  }

  #open(): DuplexConn {
    if (!this.#above) throw new TypeError("the handshake of TLS is not over yet");
    return this.#above;
  }

  #secured(socket: TLSSocket): void {
    const { source, clock } = this.options;
    this.#above = new DuplexConn(socket, () => this.#below.look());
    this.#handshake.resolve({
      protocol: socket.alpnProtocol || undefined,
      certificate: peerCertificate(socket, { identity: this.#identity, source, clock }),
    });
  }

  /** Reads what is encrypted. Throws when what comes before the end of the handshake leads to none. */
  async #read(into: Uint8Array): Promise<number | null> {
    const count = await this.conn.read(into);
    if (this.#above) return count;
    if (count === null) throw new Error("the client has left in the midst of the handshake");
    if (this.#octets === 0 && into[0] !== handshakeRecord) {
      if (isText(into.subarray(0, count))) await this.conn.write(this.options.toPlainText);
      throw new Error("the client does not speak TLS");
    }
    this.#octets += count;
    if (this.#octets > mostHandshakeBytes) throw new Error("the handshake has no end");
    return count;
  }
}

/** Whether octets can be the first of a request of HTTP: a method, in capital letters. */
function isText(octets: Uint8Array): boolean {
  return octets.length >= 3 && octets.subarray(0, 3).every((octet) => octet >= 65 && octet <= 90);
}
