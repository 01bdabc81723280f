import net from "node:net";
import tls from "node:tls";
import type { ClientCertificate } from "./site/certificates.ts";
import type { Arena, Port } from "./types.ts";

/** What is dialled. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The local address. */
  readonly from?: string | undefined;
  /** What hands are shaken with; undefined: none are. */
  readonly certificate?: ClientCertificate | undefined;
}

/** A TCP connection of an attacker's: says what it is told to, and hears nothing unless asked to. */
export class Raw {
  /** Resolves when the connection has ended, by whomever. */
  readonly gone: Promise<void>;
  /** Octets that came. */
  received = 0;
  readonly #socket: net.Socket;
  #isGone = false;

  private constructor(socket: net.Socket, hear: ((bytes: Uint8Array) => void) | undefined) {
    this.#socket = socket;
    this.gone = new Promise((resolve) => {
      socket.on("close", () => {
        this.#isGone = true;
        resolve();
      });
    });
    socket.on("end", () => socket.destroy());
    if (hear === undefined) return;
    socket.on("data", (bytes: Uint8Array) => {
      this.received += bytes.length;
      hear(bytes);
    });
  }

  /** Connects; undefined if it is refused. Without `hear` nothing is ever read. */
  static dial(address: Address, hear?: (bytes: Uint8Array) => void): Promise<Raw | undefined> {
    const { host, port, from, certificate } = address;
    return new Promise((resolve) => {
      const local = from === undefined ? {} : { localAddress: from };
      const below = net.connect({ host, port, ...local, noDelay: true });
      const secured = { ...certificate, ALPNProtocols: ["h2"], servername: "localhost" };
      const socket = certificate ? tls.connect({ socket: below, ...secured }) : below;
      if (hear === undefined) socket.pause();
      const fail = () => {
        below.destroy();
        resolve(undefined);
      };
      // Refusals and resets are what an attacker expects; the end is told by "close".
      for (const each of new Set([below, socket])) each.on("error", fail);
      below.once("close", fail);
      const ready = certificate ? "secureConnect" : "connect";
      socket.once(ready, () => resolve(new Raw(socket, hear)));
    });
  }

  /** Whether the connection has ended. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Hands the octets over and waits until the kernel has taken them; false: the peer is gone. */
  async send(bytes: Uint8Array): Promise<boolean> {
    if (this.#isGone) return false;
    let taken = () => {};
    const took = new Promise<void>((resolve) => taken = resolve);
    this.#socket.write(bytes, () => taken());
    await Promise.race([took, this.gone]);
    return !this.#isGone;
  }

  /** Closes it; `gone` resolves. */
  close(): void {
    this.#socket.destroy();
  }

  /** Closes it with a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

/** How an attack connects. */
export interface Dial {
  readonly port?: Port;
  /** Which source address; see {@link Arena}. */
  readonly from?: number;
  /** From the one IPv6 /64. */
  readonly v6?: boolean;
  /** What hands are shaken with; none unless given. */
  readonly certificate?: ClientCertificate | undefined;
  /** Hears what comes; without it nothing is read. */
  readonly hear?: (bytes: Uint8Array) => void;
}

/** Reads and forgets. */
export const ignore = (): void => {};

/** Connects as an attack says; counts it. */
export async function dial(arena: Arena, dial: Dial = {}): Promise<Raw | undefined> {
  const { target, count } = arena;
  const { port = "api", from = 0, v6 = false, certificate, hear } = dial;
  const source6 = v6 ? arena.source6(from) : undefined;
  const address = source6 === undefined
    ? { host: target.host, from: arena.source(from) }
    : { host: target.host6, from: source6 };
  const raw = await Raw.dial({ ...address, port: target[port], certificate }, hear);
  count(raw === undefined ? "connections refused" : "connections");
  return raw;
}
