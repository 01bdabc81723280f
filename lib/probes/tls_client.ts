import { connect, type TLSSocket } from "node:tls";
import type { TlsParams } from "../config/mod.ts";
import { type IpAddress, parseIp } from "../ip/mod.ts";
import type { Connection, Engine } from "../net/mod.ts";
import { ConnectionStream } from "./connection_stream.ts";

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
  #open = true;

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

  /** The engine's word that there is something to read. */
  pull(): void {
    this.#stream.pull();
  }

  /** Encrypts and sends. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Frees the session without a word to the peer. */
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
      if (!this.#open) return;
      if (verify && !socket.authorized) user.broken(refusal(socket, this.#name));
      else user.secure(socket.getProtocol() ?? "TLS");
    });
    socket.on("data", (bytes: Uint8Array) => void (this.#open && user.data(bytes)));
    socket.on(
      "error",
      (error: Error) => void (this.#open && user.broken(tlsReason(error, this.#name))),
    );
    this.#stream.on("error", (error: Error) => void (this.#open && user.broken(error.message)));
    const ended = () => {
      if (!this.#open) return;
      if (secure) user.ended();
      else user.broken("connection closed in the handshake");
    };
    socket.on("end", ended);
    socket.on("close", ended);
  }
}

/** What node:tls reports, by its code, in words for the operator. */
const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "certificate has expired",
  CERT_NOT_YET_VALID: "certificate is not yet valid",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate's authority is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "certificate's authority is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate's authority is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate's authority is not trusted",
  CERT_SIGNATURE_FAILURE: "certificate's signature is wrong",
  CERT_REVOKED: "certificate is revoked",
};

/** What to say about an error of node:tls in a handshake with whom `name` was expected. Pure. */
export function tlsReason(error: Error, name: string): string {
  const code = "code" in error ? String(error.code) : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `certificate is not for ${name}`;
  if (/InvalidContentType|wrong version number/.test(error.message)) {
    return "the server does not speak TLS";
  }
  return reasons[code] ?? error.message;
}

/** When a certificate is valid, as node:tls prints it: `Nov 19 00:00:00 2026 GMT`. */
export interface Validity {
  readonly valid_from: string;
  readonly valid_to: string;
}

/**
 * Why a certificate was refused: `problem` is node:tls' authorizationError, an Error or its code.
 * Deno 2.9.6 has UNABLE_TO_VERIFY_LEAF_SIGNATURE for certificates out of their time as well, so
 * their dates are asked first. `now` in Unix milliseconds. Pure.
 */
export function certificateReason(
  problem: unknown,
  validity: Validity | undefined,
  name: string,
  now: number,
): string {
  const error = problem instanceof Error ? problem : new Error(String(problem));
  const code = "code" in error ? String(error.code) : error.message;
  if (code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE" && validity) {
    if (Date.parse(validity.valid_to) < now) return reasons.CERT_HAS_EXPIRED ?? code;
    if (Date.parse(validity.valid_from) > now) return reasons.CERT_NOT_YET_VALID ?? code;
  }
  return tlsReason(Object.assign(error, { code }), name);
}

function refusal(socket: TLSSocket, name: string): string {
  return certificateReason(socket.authorizationError, validityOf(socket), name, Date.now());
}

/** Undefined when the peer sent what cannot be read as a certificate. */
function validityOf(socket: TLSSocket): Validity | undefined {
  try {
    return socket.getPeerCertificate();
  } catch {
    return undefined;
  }
}
