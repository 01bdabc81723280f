import { AT_FDCWD, CLONE_NEWNET, O_CLOEXEC } from "./constants.ts";
import { errnoName, errnoNumber, errnoWords } from "./errno.ts";
import { FileDescriptor } from "./fd.ts";
import { cString, errno, libc } from "./libc.ts";

/** Where `ip netns add` puts names (ip-netns(8)). */
const directory = "/run/netns";
const ENOENT = errnoNumber("ENOENT");
const EACCES = errnoNumber("EACCES");
const EPERM = errnoNumber("EPERM");
const EINVAL = errnoNumber("EINVAL");
/** Attempts to get back into the daemon's own namespace. */
const returnAttempts = 3;
/** statx(2): ask for the inode number; where it and the device are in the answer. */
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
  readonly #paths = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #status = new Uint8Array(statxBytes);
  readonly #statusView = new DataView(this.#status.buffer);
  #own: FileDescriptor | undefined;

  /**
   * socket(2) in the namespace `netns`, empty for the daemon's own. Returns the descriptor, or why
   * there is none. Throws when the way back is barred: the daemon must not go on elsewhere.
   */
  open(netns: string, domain: number, type: number, protocol: number): number | string {
    if (netns === "") return openHere(domain, type, protocol);
    const path = this.#path(netns);
    if (typeof path === "string") return path;
    const own = this.#home();
    if (typeof own === "string") return own;
    const there = libc.open(path, O_CLOEXEC, 0);
    if (there < 0) return cannotOpen(netns, errno());
    const entered = libc.setns(there, CLONE_NEWNET);
    const reason = entered === 0 ? 0 : errno();
    libc.close(there);
    if (entered !== 0) return cannotEnter(netns, reason);
    const result = openHere(domain, type, protocol);
    goHome(own, netns);
    return result;
  }

  /**
   * Which namespace the name stands for now, to tell it from its successor of the same name:
   * undefined when there is none. A namespace's number is not given out again while a socket lives
   * in it.
   */
  identity(netns: string): NetnsIdentity | undefined {
    const path = this.#path(netns);
    if (typeof path === "string") return undefined;
    if (libc.statx(AT_FDCWD, path, 0, STATX_INO, this.#status) !== 0) return undefined;
    const view = this.#statusView;
    return {
      inode: view.getUint32(statxInode, true) + 2 ** 32 * view.getUint32(statxInode + 4, true),
      major: view.getUint32(statxDevice, true),
      minor: view.getUint32(statxDevice + 4, true),
    };
  }

  /** Closes what was kept open to find the way back. */
  [Symbol.dispose](): void {
    this.#own?.[Symbol.dispose]();
    this.#own = undefined;
  }

  #path(netns: string): Uint8Array<ArrayBuffer> | string {
    const known = this.#paths.get(netns);
    if (known) return known;
    const result = netnsPath(netns);
    if ("failure" in result) return result.failure;
    const bytes = cString(result.path);
    // There is one name per configuration; reloads with ever new ones shall not add up.
    if (this.#paths.size >= 64) this.#paths.clear();
    this.#paths.set(netns, bytes);
    return bytes;
  }

  #home(): number | string {
    if (this.#own) return this.#own.number;
    const fd = libc.open(cString("/proc/thread-self/ns/net"), O_CLOEXEC, 0);
    if (fd < 0) return `cannot find the daemon's own network namespace: ${errnoWords(errno())}`;
    this.#own = new FileDescriptor(fd);
    return fd;
  }
}

function goHome(own: number, netns: string): void {
  for (let attempt = 0; attempt < returnAttempts; attempt++) {
    if (libc.setns(own, CLONE_NEWNET) === 0) return;
  }
  const reason = errno();
  throw new Error(
    `fatal: cannot return from network namespace ${netns} to the daemon's own: ` +
      `${errnoWords(reason)} (${errnoName(reason)})`,
  );
}

function openHere(domain: number, type: number, protocol: number): number | string {
  const fd = libc.socket(domain, type, protocol);
  if (fd >= 0) return fd;
  const reason = errno();
  switch (reason) {
    case EPERM:
      return "CAP_NET_RAW is missing";
    case EACCES:
      return "net.ipv4.ping_group_range allows no unprivileged ping sockets";
    default:
      return `open a socket: ${errnoWords(reason)}`;
  }
}

function cannotOpen(netns: string, reason: number): string {
  return reason === ENOENT
    ? `network namespace ${netns} does not exist`
    : `cannot open network namespace ${netns}: ${errnoWords(reason)}`;
}

function cannotEnter(netns: string, reason: number): string {
  if (reason === EPERM) return `CAP_SYS_ADMIN is missing: cannot enter netns ${netns}`;
  if (reason === EINVAL) return `${netns} is not a network namespace`;
  return `cannot enter network namespace ${netns}: ${errnoWords(reason)}`;
}
