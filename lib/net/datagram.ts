import { errno, libc } from "./libc.ts";
import { NetError } from "./errno.ts";
import { AF_UNIX, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from "./constants.ts";
import { owned } from "./fd.ts";
import { unixAddress } from "./layout.ts";

/**
 * Sends one datagram to the Unix socket at `path`; a leading `@` stands for the abstract name
 * space, as in systemd's NOTIFY_SOCKET. Never waits. Throws {@link NetError}.
 */
export function sendUnixDatagram(path: string, message: Uint8Array<ArrayBuffer>): void {
  const action = `send to ${path}`;
  const address = path.startsWith("@") ? abstractAddress(path) : unixAddress(path);
  const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  using socket = owned(action, libc.socket(AF_UNIX, type, 0));
  const length = BigInt(message.length);
  const sent = libc.sendto(socket.number, message, length, MSG_NOSIGNAL, address, address.length);
  if (sent < 0) throw new NetError(action, errno());
}

/** unix(7): a NUL instead of the `@`, and no NUL at the end, where it would be part of the name. */
function abstractAddress(path: string): Uint8Array<ArrayBuffer> {
  const address = unixAddress(path);
  address[2] = 0;
  return address.slice(0, -1);
}
