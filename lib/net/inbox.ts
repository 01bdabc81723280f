import { errno, libc } from "./libc.ts";
import { AF_INET, SO_TIMESTAMPNS, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET } from "./constants.ts";
import { NetError } from "./errno.ts";
import { FileDescriptor } from "./fd.ts";

/** How long ago, in milliseconds, a moment of the kernel's calendar clock was. */
export type KernelAge = (seconds: number, nanoseconds: number) => number;

/** Room that one receive is offered. */
const room = 65536;
/** struct msghdr (recvmsg(2)), struct iovec and room for one control message, 64-bit. */
const headerBytes = 56;
const iovecBytes = 16;
const controlBytes = 64;
/** Bytes of a control message with a struct timespec in it (cmsg(3)). */
const stampBytes = 32;
const one = new Uint8Array(new Int32Array([1]).buffer);

/**
 * Where all sockets of an engine receive, one after the other; whoever is told next overwrites it.
 * Knows of what came last how long it had lain in the kernel (SO_TIMESTAMPNS, socket(7)): answers
 * are timed by when they came, however late this program looks.
 */
export class Inbox implements Disposable {
  /** What was received. */
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(room);
  readonly #age: KernelAge;
  readonly #message = new Uint8Array(headerBytes + iovecBytes + controlBytes);
  readonly #view = new DataView(this.#message.buffer);
  /**
   * The kernel stamps packets while any socket asks for it, and turning that on and off stops all
   * cores for a moment. So one socket asks for as long as this lives.
   */
  readonly #keeper: FileDescriptor;
  #waitedMs = 0;

  /** Throws {@link NetError} when there is no descriptor left. */
  constructor(age: KernelAge = kernelAge) {
    this.#age = age;
    const pointer = (bytes: Uint8Array<ArrayBuffer>) =>
      Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
    const base = pointer(this.#message);
    this.#view.setBigUint64(16, base + BigInt(headerBytes), true);
    this.#view.setBigUint64(24, 1n, true);
    this.#view.setBigUint64(32, base + BigInt(headerBytes + iovecBytes), true);
    this.#view.setBigUint64(headerBytes, pointer(this.bytes), true);
    this.#view.setBigUint64(headerBytes + 8, BigInt(room), true);
    const keeper = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (keeper < 0) throw new NetError("open a socket for time stamps", errno());
    this.#keeper = new FileDescriptor(keeper);
    askForStamps(keeper);
  }

  /** For how many milliseconds the last message had lain in the kernel; 0 when it has no stamp. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** Receives; returns how many bytes came, 0 at the end, or -1, and errno says why. */
  receive(fd: number): number {
    this.#view.setUint32(40, controlBytes, true);
    const received = libc.recvmsg(fd, this.#message, 0);
    // Without a stamp: the end of a connection, or the first packets after the engine began.
    this.#waitedMs = received >= 0 && this.#view.getUint32(40, true) >= stampBytes
      ? this.#readAge()
      : 0;
    return received;
  }

  [Symbol.dispose](): void {
    this.#keeper[Symbol.dispose]();
  }

  #readAge(): number {
    // Nothing else is asked for, so what is there is a stamp: struct timespec after the header.
    const at = headerBytes + iovecBytes + 16;
    // The lower half of the seconds is enough until 2106.
    const seconds = this.#view.getUint32(at, true);
    // Somebody may have set the calendar back.
    return Math.max(0, this.#age(seconds, this.#view.getUint32(at + 8, true)));
  }
}

/** Has what comes on a socket stamped, for {@link Inbox.receive}. */
export function askForStamps(fd: number): void {
  libc.setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, one, 4);
}

const CLOCK_REALTIME = 0;
const now = new Uint8Array(16);
const nowView = new DataView(now.buffer);

/** By clock_gettime(2), as the stamps are. */
function kernelAge(seconds: number, nanoseconds: number): number {
  libc.clock_gettime(CLOCK_REALTIME, now);
  return (nowView.getUint32(0, true) - seconds) * 1000 +
    (nowView.getUint32(8, true) - nanoseconds) / 1e6;
}
