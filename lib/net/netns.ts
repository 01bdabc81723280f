import { AT_FDCWD, CLONE_NEWNET, O_CLOEXEC } from "./constants.ts";
import { FatalError } from "../supervisor/mod.ts";
import { errnoName, errnoNumber, errnoWords } from "./errno.ts";
import { callFailure, type Failure, openFailure, outerFailure } from "./failure.ts";
import { FileDescriptor } from "./fd.ts";
import { cString, errno, libc } from "./libc.ts";

/** Where `ip netns add` puts names (ip-netns(8)). */
const directory = "/run/netns";
const ENOENT = errnoNumber("ENOENT");
const EPERM = errnoNumber("EPERM");
const EINVAL = errnoNumber("EINVAL");
/** Attempts to get back into the daemon's own namespace. */
const returnAttempts = 3;
/** statx(2): ask for the inode number, 32 bits of which are used; where it and the device are. */
const STATX_INO = 0x100;
const statxBytes = 256;
const statxInode = 0x20;
/** stx_dev_major, followed by stx_dev_minor. */
const statxDevice = 0x88;

/** The file behind a namespace's name. */
export interface NetnsIdentity {
  readonly inode: number;
  readonly major: number;
  readonly minor: number;
}

/** Whether both are the same namespace, or none. Pure. */
export function sameNetns(a: NetnsIdentity | undefined, b: NetnsIdentity | undefined): boolean {
  return a?.inode === b?.inode && a?.major === b?.major && a?.minor === b?.minor;
}

/** The path that a configured namespace stands for, or why it stands for none. Pure. */
export function netnsPath(name: string): { path: string } | { failure: string } {
  if (name.startsWith("/")) return { path: name };
  const bad = name === "" || name === "." || name === ".." || /[/\0]/.test(name);
  return bad
    ? { failure: `${JSON.stringify(name)} is neither a namespace's name nor an absolute path` }
    : { path: `${directory}/${name}` };
}

/**
 * Makes sockets in network namespaces. The thread enters the namespace for one socket() call and
 * returns, without a chance for other code to run in between.
 *
 * A name is opened anew for each socket, so that one which was deleted and made again is found; that
 * costs 2 µs, and a cached descriptor would keep the old namespace alive.
 */
export class NetnsSockets implements Disposable {
  readonly #setns: (fd: number) => number;
  readonly #status = new Uint8Array(statxBytes);
  readonly #statusView = new DataView(this.#status.buffer);
  #own: FileDescriptor | undefined;

  /** `setns` moves this thread into the network namespace behind a descriptor: setns(2). */
  constructor(setns: (fd: number) => number = enterNetns) {
    this.#setns = setns;
  }

  /**
   * socket(2) in the namespace `netns`, empty for the daemon's own. Returns the descriptor, or why
   * there is none. Throws {@link FatalError} when the way back is barred: the process must not go
   * on elsewhere.
   */
  open(netns: string, domain: number, type: number, protocol: number): number | Failure {
    if (netns === "") return openHere(domain, type, protocol);
    const path = pathOf(netns);
    if ("reason" in path) return path;
    const own = this.#home();
    if (typeof own !== "number") return own;
    const there = libc.open(path, O_CLOEXEC, 0);
    if (there < 0) return cannotOpen(netns, errno());
    const entered = this.#setns(there);
    const reason = entered === 0 ? 0 : errno();
    libc.close(there);
    if (entered !== 0) return cannotEnter(netns, reason);
    const socket = openHere(domain, type, protocol);
    try {
      this.#return(own, netns);
    } catch (error) {
      if (typeof socket === "number") libc.close(socket);
      throw error;
    }
    return socket;
  }

  /**
   * Which namespace the name stands for now, to tell it from its successor of the same name:
   * undefined when there is none. A namespace's number is not given out again while a socket lives
   * in it.
   */
  identity(netns: string): NetnsIdentity | undefined {
    const path = pathOf(netns);
    if ("reason" in path) return undefined;
    if (libc.statx(AT_FDCWD, path, 0, STATX_INO, this.#status) !== 0) return undefined;
    const view = this.#statusView;
    return {
      inode: view.getUint32(statxInode, true),
      major: view.getUint32(statxDevice, true),
      minor: view.getUint32(statxDevice + 4, true),
    };
  }

  /** Closes what was kept open to find the way back. */
  [Symbol.dispose](): void {
    this.#own?.[Symbol.dispose]();
    this.#own = undefined;
  }

  #home(): number | Failure {
    if (this.#own) return this.#own.number;
    const fd = libc.open(cString("/proc/thread-self/ns/net"), O_CLOEXEC, 0);
    if (fd < 0) return callFailure(errno(), "cannot find the daemon's own network namespace");
    this.#own = new FileDescriptor(fd);
    return fd;
  }

  #return(own: number, netns: string): void {
    for (let attempt = 0; attempt < returnAttempts; attempt++) {
      if (this.#setns(own) === 0) return;
    }
    const reason = errno();
    throw new FatalError(
      `cannot return from network namespace ${netns} to the daemon's own: ` +
        `${errnoWords(reason)} (${errnoName(reason)})`,
    );
  }
}

function enterNetns(fd: number): number {
  return libc.setns(fd, CLONE_NEWNET);
}

/** The path of a namespace for system calls, or why there is none. */
function pathOf(netns: string): Uint8Array<ArrayBuffer> | Failure {
  const result = netnsPath(netns);
  return "failure" in result ? outerFailure(result.failure) : cString(result.path);
}

function openHere(domain: number, type: number, protocol: number): number | Failure {
  const fd = libc.socket(domain, type, protocol);
  return fd >= 0 ? fd : openFailure(errno());
}

function cannotOpen(netns: string, reason: number): Failure {
  return reason === ENOENT
    ? outerFailure(`network namespace ${netns} does not exist`)
    : callFailure(reason, `cannot open network namespace ${netns}`);
}

function cannotEnter(netns: string, reason: number): Failure {
  if (reason === EPERM) {
    return outerFailure(`CAP_SYS_ADMIN is missing: cannot enter netns ${netns}`);
  }
  if (reason === EINVAL) return outerFailure(`${netns} is not a network namespace`);
  return callFailure(reason, `cannot enter network namespace ${netns}`);
}
