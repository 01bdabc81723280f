import { LimitedLog, reasonOf } from "../log/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { ListenAddress } from "./address.ts";
import { formatListenAddress, peerName } from "./address.ts";
import type { AcceptedConn } from "./connections.ts";

/** What the port proves itself with. */
export interface TlsOptions {
  /** The certificate and those that vouch for it, PEM. */
  readonly cert: string;
  /** The certificate's private key, PEM. */
  readonly key: string;
}

/** An open port. */
export interface Listener {
  /** Where it really listens: the port chosen if 0 was asked for. */
  readonly hostname: string;
  readonly port: number;
  close(): void;
}

/** What a listener works with. */
export interface ListenOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly tls?: TlsOptions;
  /** Called for each connection; owns it from then on. */
  readonly onConn: (conn: AcceptedConn, peer: string) => void;
}

/** Pause after accepting has failed, in milliseconds: descriptors may come free. */
const retryMs = 100;

/** Opens a port and accepts connections until it is closed. Throws a sentence if it cannot. */
export function listen(address: ListenAddress, options: ListenOptions): Listener {
  const listener = open(address, options.tls);
  void acceptAll(listener, options);
  const { hostname, port } = listener.addr;
  return { hostname, port, close: () => listener.close() };
}

/** The part of a listener that accepts. */
export interface AcceptingListener {
  accept(): Promise<Deno.TcpConn | Deno.TlsConn>;
}

type AnyListener = Deno.Listener<Deno.TcpConn, Deno.NetAddr> | Deno.TlsListener;

/** All interfaces are one dual-stack socket, or IPv4 alone where there is no IPv6. */
function open({ hostname, port }: ListenAddress, tls: TlsOptions | undefined): AnyListener {
  if (hostname !== undefined) return openOne(hostname, port, tls);
  try {
    return openOne("::", port, tls);
  } catch (error) {
    if (error instanceof ListenError && error.portTaken) throw error;
    return openOne("0.0.0.0", port, tls);
  }
}

/** Why the port cannot be opened, as a sentence. */
class ListenError extends Error {
  override readonly name = "ListenError";
  readonly portTaken: boolean;

  constructor(where: string, cause: unknown) {
    const portTaken = cause instanceof Deno.errors.AddrInUse;
    const reason = portTaken ? "another program listens there" : reasonOf(cause);
    super(`cannot listen on ${where} for gRPC: ${reason}`, { cause });
    this.portTaken = portTaken;
  }
}

function openOne(hostname: string, port: number, tls: TlsOptions | undefined): AnyListener {
  try {
    if (!tls) return Deno.listen({ hostname, port });
    return Deno.listenTls({ hostname, port, ...tls, alpnProtocols: ["h2", "http/1.1"] });
  } catch (error) {
    throw new ListenError(formatListenAddress(hostname, port), error);
  }
}

/** Accepts connections until the listener is closed, whatever goes wrong meanwhile. */
export async function acceptAll(
  listener: AcceptingListener,
  options: ListenOptions,
): Promise<void> {
  const { clock, log, onConn } = options;
  const warnings = new LimitedLog(log, clock);
  for (;;) {
    try {
      const conn = await listener.accept();
      if ("setNoDelay" in conn) conn.setNoDelay(true);
      onConn(conn, peerName(conn.remoteAddr.hostname));
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
        return;
      }
      warnings.warn("grpc-accept-error", { err: reasonOf(error) });
      await new Promise<void>((resolve) => clock.after(retryMs, resolve));
    }
  }
}
