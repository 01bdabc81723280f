import { connect, type TLSSocket } from "node:tls";
import { loadIdentity, type TlsIdentity, type TlsPaths } from "../../lib/tls/mod.ts";
import { ConnDuplex } from "../../lib/tls/conn_duplex.ts";
import { DuplexConn } from "../../lib/tls/duplex_conn.ts";
import type { ByteConn } from "../../lib/h2/mod.ts";

const folder = new URL("certificates", import.meta.url).pathname;

/** Those that tests/support/certificates/make.sh makes. */
export type Made =
  | "authority"
  | "authority-renewed"
  | "authority-renamed"
  | "authority-posed"
  | "other-authority"
  | "middle"
  | "middle-old"
  | "server"
  | "server-new"
  | "odd"
  | "alice"
  | "alice-old"
  | "carol"
  | "mallory";

/** The file of a certificate. */
export function certFile(name: Made): string {
  return `${folder}/${name}.crt`;
}

/** The file of its key; carol's is alice's. */
export function keyFile(name: "server" | "server-new" | "odd" | "alice" | "mallory"): string {
  return `${folder}/${name}.key`;
}

/** What is in a file. */
export function textOf(path: string): string {
  return Deno.readTextFileSync(path);
}

/** The files of a server that asks clients for certificates. */
export const serverPaths: TlsPaths = {
  cert: certFile("server"),
  key: keyFile("server"),
  clientCa: certFile("authority"),
};

/** The same ready to be used; of clients nothing is asked unless `asks`. */
export function serverIdentity(asks = false): Promise<TlsIdentity> {
  return loadIdentity({ ...serverPaths, ...!asks && { clientCa: "" } });
}

/** What a client of a test shows and wants. */
export interface ClientOptions {
  /** Whose certificate it shows; none unless given. */
  readonly as?: "alice" | "alice-old" | "carol" | "mallory";
  readonly alpn?: readonly string[];
  readonly session?: Uint8Array;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
}

/** The client's side of TLS over a connection. */
export class TlsClient {
  readonly socket: TLSSocket;
  readonly conn: DuplexConn;

  constructor(conn: ByteConn, { as, alpn, session, maxVersion }: ClientOptions = {}) {
    const key = as === "mallory" ? "mallory" : "alice";
    let above: DuplexConn | undefined;
    const below = new ConnDuplex(conn, () => above?.isWaiting ?? true);
    this.socket = connect({
      socket: below,
      ca: [textOf(certFile("authority"))],
      servername: "localhost",
      ...as && { cert: textOf(certFile(as)), key: textOf(keyFile(key)) },
      ...alpn && { ALPNProtocols: [...alpn] },
      ...session && { session: session as never },
      ...maxVersion && { maxVersion },
    });
    // As the server does, it takes no more than is read.
    const own = this.conn = new DuplexConn(this.socket, () => below.look());
    this.socket.once("secureConnect", () => above = own);
  }

  /** Resolves when the client takes the handshake for done. */
  secured(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once("secureConnect", () => resolve());
      this.socket.once("error", reject);
    });
  }

  /** Text that comes next. */
  async text(): Promise<string> {
    const buffer = new Uint8Array(65_536);
    const count = await this.conn.read(buffer);
    return count === null ? "(end)" : new TextDecoder().decode(buffer.subarray(0, count));
  }

  /** Writes all of a text. */
  async say(text: string): Promise<void> {
    await this.conn.write(new TextEncoder().encode(text));
  }
}
