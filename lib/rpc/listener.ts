import { closeConn } from "../h2/mod.ts";
import { type Logger, reasonOf } from "../log/mod.ts";
import type { Supervisor } from "../supervisor/mod.ts";
import { type Clock, pause } from "../time/mod.ts";
import type { ListenAddress } from "./address.ts";
import { formatListenAddress, peerName } from "./address.ts";
import { failurePauseMs, failuresInARow, lackPauseMs } from "./budget.ts";
import type { PortName } from "./budget.ts";
import type { AcceptedConn } from "./connections.ts";
import type { ConnectionObserver } from "./types.ts";

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
  /** Stops listening. Idempotent. */
  close(): Promise<void>;
}

/** What accepting works with. */
export interface AcceptOptions {
  /** Begins the names of log records. */
  readonly name: PortName;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: ConnectionObserver;
  /** Called for each connection; owns it from then on. */
  readonly onConn: (conn: AcceptedConn, peer: string) => void;
}

/** What a listener works with. */
export interface ListenOptions extends AcceptOptions {
  /** Opens the port anew should the kernel ever take it away. */
  readonly supervisor: Supervisor;
  readonly tls?: TlsOptions;
}

/** The part of a listener that accepts. */
export interface AcceptingListener {
  accept(): Promise<Deno.TcpConn | Deno.TlsConn>;
}

/** A bound port, as the runtime has it. */
export interface BoundListener extends AcceptingListener {
  readonly addr: { readonly hostname: string; readonly port: number };
  close(): void;
}

/** Binds one address. Throws what the runtime throws. */
export type Bind = (hostname: string, port: number, tls: TlsOptions | undefined) => BoundListener;

/**
 * Opens a port and accepts connections until it is closed. Throws a sentence if it cannot. `bind`
 * is the runtime's unless a test has another.
 */
export function listen(
  address: ListenAddress,
  options: ListenOptions,
  bind: Bind = bindPort,
): Listener {
  const { name, tls, supervisor } = options;
  const open = (hostname: string, port: number) => {
    try {
      return bind(hostname, port, tls);
    } catch (error) {
      throw new ListenError(formatListenAddress(hostname, port), name, error);
    }
  };
  let listener: BoundListener | undefined = openFirst(address, open);
  const { hostname, port } = listener.addr;
  const task = supervisor.start(`${name}-listener`, async (signal) => {
    const current = listener ?? open(hostname, port);
    const close = () => closeConn(current);
    signal.addEventListener("abort", close);
    try {
      await acceptAll(current, options, signal);
    } finally {
      signal.removeEventListener("abort", close);
      close();
      listener = undefined;
    }
  });
  return { hostname, port, close: () => task.close() };
}

const bindPort: Bind = (hostname, port, tls) => {
  if (!tls) return Deno.listen({ hostname, port });
  return Deno.listenTls({ hostname, port, ...tls, alpnProtocols: ["h2", "http/1.1"] });
};

/** All interfaces are one dual-stack socket, or IPv4 alone where there is no IPv6. */
function openFirst(
  { hostname, port }: ListenAddress,
  open: (hostname: string, port: number) => BoundListener,
): BoundListener {
  if (hostname !== undefined) return open(hostname, port);
  try {
    return open("::", port);
  } catch (error) {
    if (!(error instanceof ListenError) || error.portTaken) throw error;
    return open("0.0.0.0", port);
  }
}

const purposes: Readonly<Record<PortName, string>> = { grpc: "gRPC", metrics: "metrics" };

/** Why the port cannot be opened, as a sentence. */
class ListenError extends Error {
  override readonly name = "ListenError";
  readonly portTaken: boolean;

  constructor(where: string, name: PortName, cause: unknown) {
    super(`cannot listen on ${where} for ${purposes[name]}: ${listenReason(cause)}`, { cause });
    this.portTaken = cause instanceof Deno.errors.AddrInUse;
  }
}

function listenReason(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) return "another program listens there";
  if (cause instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE";
  }
  return reasonOf(cause);
}

/** What accepting has run out of, rather than the client: it is worth waiting for. */
const lacks = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** What says that the listener itself is no more. */
const deaths = new Set(["EBADF", "ENOTSOCK"]);

/**
 * Accepts connections until `signal` is aborted and the listener closed. All that can be wrong
 * with one connection is its own affair (accept(2) reports the errors of the new socket as its
 * own), so others are not kept waiting for it; only a lack of ours pauses. However many come, all
 * else has its turn in between. Rejects when the listener is no more, so that another can be opened.
 */
export async function acceptAll(
  listener: AcceptingListener,
  options: AcceptOptions,
  signal: AbortSignal,
): Promise<void> {
  const { name, clock, log, observer, onConn } = options;
  for (let failures = 0; !signal.aborted;) {
    try {
      const conn = await listener.accept();
      failures = 0;
      onConn(conn, prepare(conn));
      await pause(clock);
    } catch (error) {
      if (signal.aborted) return;
      const code = codeOf(error);
      if (error instanceof Deno.errors.BadResource || deaths.has(code)) throw error;
      if (lacks.has(code)) {
        log.warn(`${name}-accept-error`, { err: reasonOf(error) });
        await wait(clock, lackPauseMs);
      } else {
        observer.failed();
        if (++failures % failuresInARow === 0) await wait(clock, failurePauseMs);
      }
    }
  }
}

/** Makes a connection ready; tells whose it is. Answers are small and must not wait for more. */
function prepare(conn: Deno.TcpConn | Deno.TlsConn): string {
  try {
    if ("setNoDelay" in conn) conn.setNoDelay(true);
    return peerName(conn.remoteAddr.hostname);
  } catch (error) {
    closeConn(conn);
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
