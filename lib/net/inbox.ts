import type { IpFamily } from "../ip/mod.ts";
import { addressOf, libc, pointerTo } from "./libc.ts";
import { AF_INET, SO_TIMESTAMPNS, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET } from "./constants.ts";
import { type FileDescriptor, owned } from "./fd.ts";
import { kernelWall } from "./kernel_clock.ts";

/** How long ago, in milliseconds, a moment of the kernel's calendar clock was. */
export type KernelAge = (seconds: number, nanoseconds: number) => number;

/** Room that one receive is offered. */
const room = 65536;
/** Bytes of struct msghdr (recvmsg(2)), 64-bit, and of struct sockaddr_in6. */
const headerBytes = 56;
const senderBytes = 28;
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
  readonly #header = new DataView(new ArrayBuffer(headerBytes));
  readonly #message = pointerTo(new Uint8Array(this.#header.buffer));
  /** One struct iovec: all of {@link bytes}. */
  readonly #parts = new BigUint64Array([addressOf(this.bytes), BigInt(room)]);
  readonly #stamp = new DataView(new ArrayBuffer(stampBytes));
  readonly #sender = new Uint8Array(senderBytes);
  /** Views of the sender's address, by family. */
  readonly #senders = { 4: this.#sender.subarray(4, 8), 6: this.#sender.subarray(8, 24) } as const;
  /**
   * The kernel stamps packets while any socket asks for it, and turning that on and off stops all
   * cores for a moment. So one socket asks for as long as this lives.
   */
  readonly #keeper: FileDescriptor;
  #waitedMs = 0;

  /** Throws NetError when there is no descriptor left. */
  constructor(age: KernelAge = kernelAge) {
    this.#age = age;
    const point = (at: number, to: ArrayBuffer) => {
      this.#header.setBigUint64(at, addressOf(new Uint8Array(to)), true);
    };
    point(0, this.#sender.buffer);
    point(16, this.#parts.buffer);
    this.#header.setBigUint64(24, 1n, true);
    point(32, this.#stamp.buffer);
    const socket = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    this.#keeper = owned("open a socket for time stamps", socket);
    askForStamps(socket);
  }

  /** For how many milliseconds the last message had lain in the kernel; 0 when it has no stamp. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /**
   * Who sent the last message, which came to a ping socket of `family`. The next message overwrites
   * it.
   */
  sender(family: IpFamily): Uint8Array {
    return this.#senders[family];
  }

  /** Receives; returns how many bytes came, 0 at the end, or -1, and errno says why. */
  receive(fd: number): number {
    this.#header.setUint32(8, senderBytes, true);
    this.#header.setUint32(40, stampBytes, true);
    const received = libc.recvmsg(fd, this.#message, 0);
    // Without a stamp: the end of a connection, or the first packets after the engine began.
    this.#waitedMs = received >= 0 && this.#header.getUint32(40, true) >= stampBytes
      ? this.#readAge()
      : 0;
    return received;
  }

  [Symbol.dispose](): void {
    this.#keeper[Symbol.dispose]();
  }

  #readAge(): number {
    // Nothing else is asked for, so what is there is a stamp: struct timespec after the header. The
    // lower half of the seconds is enough until 2106.
    const seconds = this.#stamp.getUint32(16, true);
    // Somebody may have set the calendar back.
    return Math.max(0, this.#age(seconds, this.#stamp.getUint32(24, true)));
  }
}

/** Has what comes on a socket stamped, for {@link Inbox.receive}. */
export function askForStamps(fd: number): void {
  libc.setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, one, 4);
}

/** Tells a {@link KernelAge} by the clock that the stamps are from. */
export function kernelAge(seconds: number, nanoseconds: number): number {
  return kernelWall() - (seconds * 1000 + nanoseconds / 1e6);
}
