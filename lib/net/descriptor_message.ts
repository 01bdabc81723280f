/**
 * The memory layout of one message that carries file descriptors (SCM_RIGHTS, unix(7)): msghdr,
 * one iovec, one control message. The same on x86-64 and arm64: 64-bit little-endian.
 */

import { SCM_RIGHTS, SOL_SOCKET } from "./constants.ts";
import { addressOf } from "./libc.ts";

const headerBytes = 56;
const iovecBytes = 16;
const controlHeaderBytes = 16;
/** Room for this many descriptors: a peer that sends more shall not have them left open here. */
const descriptorRoom = 16;
const controlRoom = controlHeaderBytes + 4 * descriptorRoom;
const payloadRoom = 64;

/** One buffer with everything in it, so that it lives as long as the pointers into it. */
export class DescriptorMessage {
  /** What recvmsg and sendmsg take. */
  readonly bytes = new Uint8Array(headerBytes + iovecBytes + controlRoom + payloadRoom);
  readonly #view = new DataView(this.bytes.buffer);

  /** Ready to receive. */
  constructor() {
    this.#describe(payloadRoom, controlRoom);
  }

  /** One that is ready to be sent, with one descriptor and no data. */
  static carrying(fd: number): DescriptorMessage {
    const message = new DescriptorMessage();
    message.#describe(0, controlHeaderBytes + 8);
    const at = headerBytes + iovecBytes;
    message.#view.setBigUint64(at, BigInt(controlHeaderBytes + 4), true);
    message.#view.setInt32(at + 8, SOL_SOCKET, true);
    message.#view.setInt32(at + 12, SCM_RIGHTS, true);
    message.#view.setInt32(at + controlHeaderBytes, fd, true);
    return message;
  }

  /** The descriptors that recvmsg put here, all of them now ours to close. */
  descriptors(): number[] {
    const length = Number(this.#view.getBigUint64(40, true));
    const at = headerBytes + iovecBytes;
    if (length < controlHeaderBytes + 4) return [];
    const isRights = this.#view.getInt32(at + 8, true) === SOL_SOCKET &&
      this.#view.getInt32(at + 12, true) === SCM_RIGHTS;
    if (!isRights) return [];
    const bytes = Number(this.#view.getBigUint64(at, true)) - controlHeaderBytes;
    const count = Math.min(Math.floor(bytes / 4), descriptorRoom);
    return Array.from(
      { length: count },
      (_, i) => this.#view.getInt32(at + controlHeaderBytes + 4 * i, true),
    );
  }

  #describe(payloadLength: number, controlLength: number): void {
    const base = addressOf(this.bytes);
    const control = base + BigInt(headerBytes + iovecBytes);
    this.#view.setBigUint64(16, base + BigInt(headerBytes), true);
    this.#view.setBigUint64(24, 1n, true);
    this.#view.setBigUint64(32, control, true);
    this.#view.setBigUint64(40, BigInt(controlLength), true);
    this.#view.setBigUint64(headerBytes, control + BigInt(controlRoom), true);
    this.#view.setBigUint64(headerBytes + 8, BigInt(payloadLength), true);
  }
}
