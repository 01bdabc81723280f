import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import type { TlsParams } from "../config/mod.ts";
import { type IpAddress, parseIp } from "../ip/mod.ts";
import type { Connection, Engine } from "../net/mod.ts";
import type { Clock } from "../time/mod.ts";
import { ConnectionStream } from "./connection_stream.ts";
import {
  certificateReason,
  handshakeReason,
  type SeenCertificate,
  tlsReason,
} from "./tls_reasons.ts";

/** How a handshake is to be judged. */
export interface TlsIdentity {
  /** The name or address that the certificate has to be for. */
  readonly name: string;
  /** Sent as SNI; addresses are not (RFC 6066 section 3). */
  readonly serverName: string | undefined;
}

/** Told what happens in a TLS session; nothing after it was closed. */
export interface TlsUser {
  /** The handshake is done and the certificate is what it should be. */
  secure(protocol: string): void;
  /** Decrypted bytes. */
  data(bytes: Uint8Array): void;
  /** The peer will send no more. */
  ended(): void;
  /** The handshake failed or the session broke, for `reason`. */
  broken(reason: string): void;
}

/** Whom a check expects: its server-name, else its host, else the address. Pure. */
export function tlsIdentity(
  params: TlsParams,
  host: string | undefined,
  address: IpAddress,
): TlsIdentity {
  const name = params.serverName || withoutPort(host ?? "") || address.text;
  const literal = parseIp(name);
  return literal
    ? { name: literal.text, serverName: undefined }
    : { name, serverName: name.replace(/\.$/, "") };
}

/** `host`, `host:443`, `[::1]:443` and `::1` without their port and brackets. */
function withoutPort(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host);
  if (bracketed) return bracketed[1] ?? "";
  return host.replace(/^([^:]*):\d+$/, "$1");
}

/** One client's session over a connection, which stays its owner's to close afterwards. */
export class TlsSession implements Disposable {
  readonly #stream: ConnectionStream;
  readonly #socket: TLSSocket;
  readonly #user: TlsUser;
  readonly #name: string;
  readonly #clock: Clock;
  #open = true;
  #certificateEnd: number | undefined;

  /**
   * Begins the handshake. `ca` replaces the system's authorities unless it is empty. node:tls is
   * never to refuse by itself: the certificate can be looked at only when the handshake is done.
   */
  constructor(
    engine: Engine,
    connection: Connection,
    identity: TlsIdentity,
    verify: boolean,
    ca: readonly string[],
    user: TlsUser,
  ) {
    this.#user = user;
    this.#name = identity.name;
    this.#clock = engine.clock;
    this.#stream = new ConnectionStream(engine, connection);
    this.#socket = connect({
      socket: this.#stream,
      host: identity.name,
      servername: identity.serverName ?? "",
      rejectUnauthorized: false,
      ...(ca.length > 0 ? { ca: [...ca] } : {}),
    });
    this.#listen(verify);
  }

  /**
   * When the certificate ends that the server has shown, good or not, in Unix milliseconds;
   * undefined before the handshake is done.
   */
  get certificateEnd(): number | undefined {
    return this.#certificateEnd;
  }

  /** Called by the engine when there is something to read. */
  pull(): void {
    this.#stream.pull();
  }

  /** Encrypts and sends. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Reads no more from the connection; what has been read may still be told. */
  stopReading(): void {
    this.#stream.stopReading();
  }

  /** Frees the session without telling the peer. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.destroy();
    this.#stream.destroy();
  }

  #listen(verify: boolean): void {
    const user = this.#user;
    const socket = this.#socket;
    let secure = false;
    socket.on("secureConnect", () => {
      secure = true;
      this.#stream.secured();
      if (!this.#open) return;
      this.#certificateEnd = certificateEnd(socket);
      if (verify && !socket.authorized) user.broken(this.#refusal());
      else user.secure(`${socket.getProtocol()}`);
    });
    socket.on("data", (bytes: Uint8Array) => void (this.#open && user.data(bytes)));
    socket.on("error", (error: Error) => {
      if (this.#open) user.broken(this.#stream.brokenBy ?? this.#reason(error, secure));
    });
    const ended = () => {
      if (!this.#open) return;
      const { brokenBy } = this.#stream;
      if (brokenBy !== undefined) user.broken(brokenBy);
      else if (secure) user.ended();
      else user.broken("connection closed in the handshake");
    };
    // Within a handshake an error follows, which may be the server's alert.
    socket.on("end", () => void (secure && ended()));
    socket.on("close", ended);
  }

  #refusal(): string {
    const { authorizationError } = this.#socket;
    const now = this.#clock.wall();
    return certificateReason(authorizationError, certificateOf(this.#socket), this.#name, now);
  }

  #reason(error: Error, secure: boolean): string {
    if (secure) return tlsReason(error, this.#name);
    // What node:tls says of a connection that was closed in good order, too early.
    if ("code" in error && error.code === "ECONNRESET") return "connection closed in the handshake";
    return handshakeReason(error, this.#name);
  }
}

/**
 * @internal When the certificate ends that a server has shown, in Unix milliseconds; undefined for
 * none, and for what is none. This look takes 8 µs; by `getPeerCertificate` it would take 70.
 */
export function certificateEnd(
  socket: Pick<TLSSocket, "getPeerX509Certificate">,
): number | undefined {
  try {
    const end = Date.parse(socket.getPeerX509Certificate()?.validTo ?? "");
    return Number.isNaN(end) ? undefined : end;
  } catch {
    // The peer sends what it likes, and whoever verifies says so.
    return undefined;
  }
}

/** With those above it. Undefined when the peer sent what cannot be read as a certificate. */
function certificateOf(socket: TLSSocket): SeenCertificate | undefined {
  try {
    return socket.getPeerCertificate(true);
  } catch {
    return undefined;
  }
}

/**
 * Begins a handshake with nobody, for what the first one of a process has to do besides: it reads the
 * system's authorities, which takes 50 to 90 ms, and no probe is to be measured with that, or to wait
 * for it. Resolves when that is done.
 */
export function prepareTls(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const nobody = new Duplex({
    read() {},
    write(_hello, _encoding, done) {
      done();
      socket.destroy();
      nobody.destroy();
      resolve();
    },
  });
  const socket = connect({ socket: nobody, servername: "", rejectUnauthorized: false });
  // That a hello cannot even be made will be said of each probe.
  socket.on("error", () => resolve());
  return promise;
}
