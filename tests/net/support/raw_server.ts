/**
 * A TCP server whose every step is taken within the call, so that a test can have answers lie in
 * sockets that nobody has looked at yet: the event loop gets no turn in between.
 */

import assert from "node:assert/strict";
import { libc } from "../../../lib/net/libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SOL_TCP = 6;
const TCP_INFO = 11;
/** Where `struct tcp_info` says how many segments the peer's kernel has not acknowledged. */
const unacknowledged = 24;
/** struct sockaddr_in and sockaddr_in6 of this host, any port. */
const loopback = {
  4: Uint8Array.of(AF_INET, 0, 0, 0, 127, 0, 0, 1, ...Array(8).fill(0)),
  6: Uint8Array.of(AF_INET6, ...Array(22).fill(0), 1, 0, 0, 0, 0),
} as const;
/** The kernel does its part at once or, on a busy host, in a moment. */
const pauseMicroseconds = 500;
const mostPauses = 40_000;

/** Listens on a port of 127.0.0.1, or of ::1. */
export class RawServer implements Disposable {
  #listener: number;
  readonly #accepted: number[] = [];
  readonly port: number;

  /** `backlog` is that of listen(2): one more may wait to be accepted. */
  constructor(backlog = 1024, family: 4 | 6 = 4) {
    const here = loopback[family];
    this.#listener = libc.socket(here[0] ?? 0, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert.ok(this.#listener >= 0);
    assert.equal(libc.bind(this.#listener, here, here.length), 0);
    assert.equal(libc.listen(this.#listener, backlog), 0);
    const name = new Uint8Array(here.length);
    libc.getsockname(this.#listener, name, new Uint8Array(new Uint32Array([name.length]).buffer));
    this.port = (name[2] ?? 0) << 8 | (name[3] ?? 0);
  }

  /** Takes the next connection, which has sent something or will not. */
  accept(): number {
    const fd = until(() => {
      const accepted = libc.accept4(this.#listener, null, null, SOCK_NONBLOCK);
      return accepted >= 0 ? accepted : undefined;
    });
    this.#accepted.push(fd);
    return fd;
  }

  /** Sends `text` on each of `connections`; returns when the other ends' kernel has it all. */
  send(text: string, connections: readonly number[]): void {
    const bytes = new TextEncoder().encode(text);
    for (const fd of connections) {
      assert.equal(libc.send(fd, bytes, BigInt(bytes.length), 0), bytes.length);
    }
    for (const fd of connections) until(() => isDelivered(fd) ? true : undefined);
  }

  /** Resets a connection that was accepted. */
  reset(fd: number): void {
    libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 8);
    this.end(fd);
  }

  /** Ends a connection that was accepted. */
  end(fd: number): void {
    libc.close(fd);
    this.#accepted.splice(this.#accepted.indexOf(fd), 1);
  }

  /** Listens no more. */
  deafen(): void {
    libc.close(this.#listener);
    this.#listener = -1;
  }

  [Symbol.dispose](): void {
    if (this.#listener >= 0) libc.close(this.#listener);
    for (const fd of this.#accepted) libc.close(fd);
  }
}

function isDelivered(fd: number): boolean {
  const info = new DataView(new ArrayBuffer(104));
  const length = new Uint8Array(new Uint32Array([info.byteLength]).buffer);
  assert.equal(libc.getsockopt(fd, SOL_TCP, TCP_INFO, new Uint8Array(info.buffer), length), 0);
  return info.getUint32(unacknowledged, true) === 0;
}

function until<T>(attempt: () => T | undefined): T {
  for (let pauses = 0; pauses < mostPauses; pauses++) {
    const result = attempt();
    if (result !== undefined) return result;
    libc.usleep(pauseMicroseconds);
  }
  throw new Error("the kernel did not do its part");
}
