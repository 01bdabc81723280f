import { closeConn } from "../h2/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { errnoWords, NetError } from "../net/mod.ts";
import { sleep, TurnQuota } from "../time/mod.ts";
import { formatListenAddress, type ListenAddress, peerName } from "./address.ts";
import type { AcceptedConn } from "./connections.ts";
import type { HttpPortOptions } from "./http_port.ts";
import {
  acceptLimits,
  failurePauseMs,
  failuresInARow,
  lackPauseMs,
  type PortName,
  queueLength,
} from "./limits.ts";

/** An open port. */
export interface Listener {
  /** Where it really listens: the port chosen if 0 was asked for. */
  readonly address: string;
  /** Undefined where it is on no network. */
  readonly port?: number;
  /** Stops listening. Idempotent. */
  close(): Promise<void>;
}

/** What accepting works with. */
export interface AcceptOptions
  extends Pick<HttpPortOptions, "clock" | "log" | "name" | "observer"> {
  /** Called for each connection; owns it from then on. */
  readonly onConn: (conn: AcceptedConn, peer: string) => void;
}

/** What a listener works with. The supervisor opens it anew should the kernel ever take it away. */
export type ListenOptions = AcceptOptions & Pick<HttpPortOptions, "supervisor">;

/** A socket that accepts. */
export interface AcceptingSocket {
  accept(): Promise<Deno.TcpConn | NamedConn>;
  close(): void;
}

/** A connection that tells whose it is. */
export interface NamedConn extends AcceptedConn {
  readonly peer: string;
}

/** A bound port, as the runtime has it. */
export interface BoundListener extends AcceptingSocket {
  readonly addr: { readonly hostname: string; readonly port: number };
}

/**
 * Binds one address; `shared` says whether a more special address of the same port may have a socket
 * of its own (SO_REUSEPORT). Throws what the runtime throws.
 */
export type Bind = (hostname: string, port: number, shared: boolean) => BoundListener;

/** How a port is bound: by the runtime, unless a test has something else. */
export interface Binding {
  readonly bind: Bind;
  /** Whether sockets can share a port. */
  readonly canShare: boolean;
}

/**
 * Opens a port and accepts connections until it is closed. Throws a sentence if it cannot.
 *
 * A port on all interfaces has sockets of its own for this machine's own addresses, which the
 * kernel prefers: however many strangers wait to be accepted, who comes from the machine itself
 * waits in a queue without them.
 */
export function listen(
  address: ListenAddress,
  options: ListenOptions,
  binding: Binding = runtimeBinding,
): Listener {
  const sockets = openFirst(address, options, binding);
  const { hostname, port } = sockets[0]?.addr ?? { hostname: "", port: 0 };
  const reopen = () => openAll(hostname, port, options, binding);
  const { close } = keepAccepting(sockets, reopen, options);
  return { address: formatListenAddress(hostname, port), port, close };
}

/**
 * Accepts from all of some sockets until it is closed, and from those of `reopen` when one of them
 * is no more.
 */
export function keepAccepting(
  sockets: readonly AcceptingSocket[],
  reopen: () => readonly AcceptingSocket[],
  options: ListenOptions,
): Pick<Listener, "close"> {
  let open: readonly AcceptingSocket[] | undefined = sockets;
  const task = options.supervisor.start(`${options.name}-listener`, async (signal) => {
    const current = open ?? reopen();
    open = undefined;
    const close = () => current.forEach(closeConn);
    signal.addEventListener("abort", close);
    const ends = current.map((socket) => acceptAll(socket, options, signal));
    try {
      await Promise.all(ends);
    } finally {
      signal.removeEventListener("abort", close);
      close();
      await Promise.allSettled(ends);
    }
  });
  return { close: () => task.close() };
}

/** SO_REUSEPORT is one of Deno's unstable options, which come together; without, it would exit. */
const runtimeBinding: Binding = {
  canShare: "listenDatagram" in Deno,
  bind: (hostname, port, shared) =>
    Deno.listen({ hostname, port, tcpBacklog: queueLength, ...shared && { reusePort: true } }),
};

/** All interfaces are one dual-stack socket, or IPv4 alone where there is no IPv6. */
function openFirst(
  { hostname, port }: ListenAddress,
  options: ListenOptions,
  binding: Binding,
): readonly BoundListener[] {
  if (hostname !== undefined) return openAll(hostname, port, options, binding);
  try {
    return openAll("::", port, options, binding);
  } catch (error) {
    if (!(error instanceof ListenError) || error.portTaken) throw error;
    return openAll("0.0.0.0", port, options, binding);
  }
}

/** What addresses of this machine itself are among all interfaces. */
const ownAddresses: Readonly<Record<string, readonly string[]>> = {
  "::": ["127.0.0.1", "::1"],
  "0.0.0.0": ["127.0.0.1"],
};

/** Opens an address, and where that is all interfaces, this machine's own addresses as well. */
function openAll(
  hostname: string,
  port: number,
  { name }: ListenOptions,
  { bind, canShare }: Binding,
): readonly BoundListener[] {
  const open = (host: string, number: number, shared: boolean) => {
    try {
      return bind(host, number, shared);
    } catch (error) {
      throw new ListenError(formatListenAddress(host, number), name, error);
    }
  };
  const own = canShare ? ownAddresses[hostname] ?? [] : [];
  if (own.length === 0) return [open(hostname, port, false)];
  // Who shares a port shares it with any program of the same user: another maglevd, say. So it has
  // to be free first. One that the kernel picks is.
  if (port !== 0) open(hostname, port, false).close();
  const sockets = [open(hostname, port, true)];
  const chosen = sockets[0]?.addr.port ?? port;
  for (const host of own) {
    try {
      sockets.push(bind(host, chosen, true));
    } catch {
      // This machine lacks the address, or has it from elsewhere: it is reached like all others.
      continue;
    }
  }
  return sockets;
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
  listener: Pick<AcceptingSocket, "accept">,
  options: AcceptOptions,
  signal: AbortSignal,
): Promise<void> {
  const { name, clock, log, observer, onConn } = options;
  const quota = new TurnQuota(clock, acceptLimits);
  for (let failures = 0; !signal.aborted;) {
    try {
      const conn = await listener.accept();
      failures = 0;
      onConn(conn, prepare(conn));
      await quota.next();
    } catch (error) {
      if (signal.aborted) return;
      const code = codeOf(error);
      if (error instanceof Deno.errors.BadResource || deaths.has(code)) throw error;
      if (lacks.has(code)) {
        log.warn(`${name}-accept-error`, { err: reasonOf(error) });
        await sleep(clock, lackPauseMs);
      } else {
        observer.failed();
        if (++failures % failuresInARow === 0) await sleep(clock, failurePauseMs);
      }
    }
  }
}

/** Makes a connection ready; tells whose it is. Answers are small and must not wait for more. */
function prepare(conn: Deno.TcpConn | NamedConn): string {
  if ("peer" in conn) return conn.peer;
  try {
    conn.setNoDelay(true);
    return peerName(conn.remoteAddr.hostname);
  } catch (error) {
    closeConn(conn);
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

const purposes: Readonly<Record<PortName, string>> = {
  grpc: "gRPC",
  metrics: "metrics",
  web: "browsers",
};

/** Why the port cannot be opened, as a sentence. */
export class ListenError extends Error {
  /** Always `ListenError`. */
  override readonly name = "ListenError";
  /** Another listens there: no other address will do. */
  readonly portTaken: boolean;

  /** `where` is the address, `cause` what the system says. */
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
  return cause instanceof NetError ? errnoWords(cause.errno) : reasonOf(cause);
}
