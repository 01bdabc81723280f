import { Socket } from "node:net";
import { dirname } from "node:path";
import { Accounts, type Credentials, isOpenToAll } from "../access/mod.ts";
import { isListening, NetError, type UnixClient, UnixListener } from "../net/mod.ts";
import { type Clock, every, type Timer } from "../time/mod.ts";
import { DuplexConn } from "../tls/mod.ts";
import type { SocketAddress } from "./address.ts";
import { queueLength } from "./limits.ts";
import { type AcceptingSocket, keepAccepting, ListenError } from "./listener.ts";
import type { Listener, ListenOptions, NamedConn } from "./listener.ts";

/** Who may connect to a Unix socket. */
export interface SocketRights {
  /** Permissions of the file, as of chmod(2): to connect takes the right to write. */
  readonly mode: number;
  /** The number of the group that the file belongs to; that of the process unless given. */
  readonly gid?: number | undefined;
}

/** The owner and its group. */
export const usualRights: SocketRights = { mode: 0o660 };

/**
 * Opens a Unix socket and accepts connections until it is closed. Throws a sentence if it cannot.
 */
export function listenUnix(
  address: SocketAddress,
  rights: SocketRights,
  options: ListenOptions,
): Listener {
  const where = `unix:${address.path}`;
  const open = () => {
    try {
      return [UnixSocket.open(address, rights, options.clock)];
    } catch (error) {
      throw new ListenError(where, options.name, error);
    }
  };
  return { address: where, ...keepAccepting(open(), open, options) };
}

/** How often it is looked whether clients still find a socket, in milliseconds. */
const lookMs = 5_000;

/**
 * A Unix socket that accepts. Where its file is gone, or another has taken its place, nobody finds it
 * any more: it is no more then, so that another can be opened.
 */
class UnixSocket implements AcceptingSocket {
  readonly #identity: string;
  readonly #looks: Timer;
  #isLost = false;
  #isClosed = false;

  private constructor(
    private readonly path: string,
    private readonly listener: UnixListener,
    private readonly accounts: Accounts,
    clock: Clock,
  ) {
    this.#identity = identityOf(path);
    this.#looks = every(clock, lookMs, () => this.#look());
  }

  /**
   * Listens at a path. A file that a process has left behind there is replaced; what is in use, or
   * is no socket, is not. Nobody can connect before the rights are set. Throws an Error.
   */
  static open({ path }: SocketAddress, rights: SocketRights, clock: Clock): UnixSocket {
    const directory = dirname(path);
    if (isOpenToAll(modeOf(directory))) {
      throw new Error(`everybody may replace files in ${directory}: put it elsewhere`);
    }
    const open = () => UnixListener.open(path, queueLength, () => setRights(path, rights));
    let listener: UnixListener;
    try {
      listener = open();
    } catch (error) {
      if (!(error instanceof NetError) || error.code !== "EADDRINUSE") throw error;
      removeStale(path);
      listener = open();
    }
    return new UnixSocket(path, listener, new Accounts(clock), clock);
  }

  /** The next client, with who that is. */
  async accept(): Promise<NamedConn> {
    const { fd, peer: { uid, gid, groups } } = await this.#next();
    const user = this.accounts.userName(uid);
    const credentials = { kind: "unix", user, uid, gids: [gid, ...groups] } as const;
    const open = (onread: ReadInto) => new Socket({ fd: fd.number, allowHalfOpen: true, onread });
    const conn = new UnixConn(open, `unix:${user}`, credentials);
    fd.release();
    return conn;
  }

  /** Stops listening, and removes the file unless another has taken its place. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#looks.cancel();
    this.listener.close();
    if (identityOf(this.path) === this.#identity) Deno.removeSync(this.path);
  }

  async #next(): Promise<UnixClient> {
    try {
      return await this.listener.accept();
    } catch (error) {
      if (!this.#isLost) throw error;
      const what = `${this.path} was removed, or another file has taken its place`;
      throw new Deno.errors.BadResource(what);
    }
  }

  #look(): void {
    if (isAt(this.path, this.#identity)) return;
    this.#isLost = true;
    this.close();
  }
}

function modeOf(directory: string): number {
  try {
    return Deno.statSync(directory).mode ?? 0;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`there is no directory ${directory}`);
  }
}

function setRights(path: string, { mode, gid }: SocketRights): void {
  if (!Deno.lstatSync(path).isSocket) {
    throw new Error(`another file has taken the place of ${path}`);
  }
  if (gid !== undefined) Deno.chownSync(path, null, gid);
  Deno.chmodSync(path, mode);
}

function removeStale(path: string): void {
  const { isSocket } = Deno.lstatSync(path);
  if (!isSocket) throw new Error("there is a file of that name, which is no socket");
  if (isListening(path)) throw new Deno.errors.AddrInUse("another program listens there");
  Deno.removeSync(path);
}

/** Which file a path leads to; empty where there is none. */
function identityOf(path: string): string {
  try {
    const { dev, ino } = Deno.lstatSync(path);
    return `${dev} ${ino}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Whether a path leads to a file, as far as can be told. */
function isAt(path: string, identity: string): boolean {
  try {
    return identityOf(path) === identity;
  } catch {
    // Who may not look there finds out nothing, and goes on.
    return true;
  }
}

/**
 * Octets that a connection reads ahead of who wants them. A stream of Node's would read 64 KiB, and
 * as much again as soon as somebody has taken some of it, which no budget knows of.
 */
export const readAhead = 8_192;

/** How Node reads into a buffer of ours (`net.Socket`, option `onread`). */
export interface ReadInto {
  readonly buffer: Uint8Array;
  /** So much is there; false: no more for now. */
  readonly callback: (count: number) => boolean;
}

/** A client at a Unix socket. Of what it sends it holds {@link readAhead} octets at most. */
export class UnixConn extends DuplexConn implements NamedConn {
  /** `open` makes the socket, which is its own from now on. */
  constructor(
    open: (onread: ReadInto) => Socket,
    readonly peer: string,
    readonly credentials: Credentials,
  ) {
    const buffer = new Uint8Array(readAhead);
    let came: Uint8Array<ArrayBuffer> | null = null;
    let wake = () => {};
    const socket = open({
      buffer,
      callback: (count) => {
        came = buffer.subarray(0, count);
        wake();
        return false;
      },
    });
    const take = () => {
      const octets = came;
      came = null;
      return octets;
    };
    super(socket, () => void socket.resume(), take);
    wake = () => this.wake();
  }
}
