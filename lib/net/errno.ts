/** Linux error numbers: their names, and what to say to an operator. Pure. */

/** asm-generic/errno-base.h and errno.h, the same on x86-64 and arm64. */
const table: ReadonlyMap<number, readonly [name: string, words: string]> = new Map([
  [1, ["EPERM", "operation not permitted"]],
  [2, ["ENOENT", "no such file or directory"]],
  [3, ["ESRCH", "no such process"]],
  [4, ["EINTR", "interrupted"]],
  [5, ["EIO", "input/output error"]],
  [9, ["EBADF", "bad file descriptor"]],
  [11, ["EAGAIN", "not ready"]],
  [12, ["ENOMEM", "out of memory"]],
  [13, ["EACCES", "permission denied"]],
  [17, ["EEXIST", "file exists"]],
  [19, ["ENODEV", "no such device"]],
  [20, ["ENOTDIR", "not a directory"]],
  [21, ["EISDIR", "is a directory"]],
  [22, ["EINVAL", "invalid argument"]],
  [23, ["ENFILE", "the system is out of file descriptors"]],
  [24, ["EMFILE", "out of file descriptors"]],
  [27, ["EFBIG", "file too large"]],
  [28, ["ENOSPC", "no space left"]],
  [32, ["EPIPE", "broken pipe"]],
  [34, ["ERANGE", "result too large"]],
  [36, ["ENAMETOOLONG", "name too long"]],
  [38, ["ENOSYS", "not supported by this kernel"]],
  [40, ["ELOOP", "too many symbolic links"]],
  [71, ["EPROTO", "protocol error"]],
  [88, ["ENOTSOCK", "not a socket"]],
  [90, ["EMSGSIZE", "message too long"]],
  [91, ["EPROTOTYPE", "wrong type of socket"]],
  [92, ["ENOPROTOOPT", "protocol not available"]],
  [93, ["EPROTONOSUPPORT", "protocol not supported"]],
  [97, ["EAFNOSUPPORT", "address family not supported"]],
  [98, ["EADDRINUSE", "address already in use"]],
  [99, ["EADDRNOTAVAIL", "address not available"]],
  [100, ["ENETDOWN", "network is down"]],
  [101, ["ENETUNREACH", "network is unreachable"]],
  [103, ["ECONNABORTED", "connection aborted"]],
  [104, ["ECONNRESET", "connection reset by peer"]],
  [105, ["ENOBUFS", "no buffer space available"]],
  [107, ["ENOTCONN", "not connected"]],
  [110, ["ETIMEDOUT", "connection timed out"]],
  [111, ["ECONNREFUSED", "connection refused"]],
  [112, ["EHOSTDOWN", "host is down"]],
  [113, ["EHOSTUNREACH", "no route to host"]],
  [114, ["EALREADY", "already in progress"]],
  [115, ["EINPROGRESS", "in progress"]],
]);

const numbers: ReadonlyMap<string, number> = new Map(
  Array.from(table, ([number, [name]]) => [name, number]),
);

/** `ECONNREFUSED` for 111; `errno 999` for a number that is not known here. */
export function errnoName(number: number): string {
  return table.get(number)?.[0] ?? `errno ${number}`;
}

/** `connection refused` for 111; `errno 999` for a number that is not known here. */
export function errnoWords(number: number): string {
  return table.get(number)?.[1] ?? `errno ${number}`;
}

/** 111 for `ECONNREFUSED`. Throws RangeError for a name that is not known here. */
export function errnoNumber(name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new RangeError(`unknown errno name ${name}`);
  return number;
}

/** A system call that failed: `connect to /run/vpp/stats.sock: connection refused`. */
export class NetError extends Error {
  /** Always `NetError`. */
  override readonly name = "NetError";
  /** Symbolic, such as `ECONNREFUSED`. */
  readonly code: string;

  /** `action` is what was attempted and on what, `reason` overrides the usual words. */
  constructor(action: string, readonly errno: number, reason: string = errnoWords(errno)) {
    super(`${action}: ${reason}`);
    this.code = errnoName(errno);
  }
}
