import { SOL_TCP, TCP_INFO } from "./constants.ts";
import { libc } from "./libc.ts";

/** Bytes of `struct tcp_info` (linux/tcp.h) up to and with what is read here. */
const infoBytes = 104;
/** Where it says how many milliseconds ago the last ACK came, */
const lastAckReceived = 56;
/** how many microseconds the round trip takes, which after the handshake is what that took, */
const roundTrip = 68;
/** and how many segments were sent again. */
const retransmissions = 100;

const info = new Uint8Array(infoBytes);
const view = new DataView(info.buffer);
const length = new Uint32Array(1);

/**
 * For how many milliseconds a connection has been established, on which nothing was sent yet, by
 * what the kernel measured; `sinceSynMs` is how long ago the SYN went out. 0 when it does not say.
 */
export function handshakeAge(fd: number, sinceSynMs: number): number {
  length[0] = infoBytes;
  return libc.getsockopt(fd, SOL_TCP, TCP_INFO, info, length) === 0 ? ageOf(view, sinceSynMs) : 0;
}

/** The same from a `struct tcp_info`. Pure. */
export function ageOf(tcpInfo: DataView, sinceSynMs: number): number {
  // After a SYN was sent again its round trip says nothing, and ticks of 4 ms have to do.
  const age = tcpInfo.getUint32(retransmissions, true) === 0
    ? sinceSynMs - tcpInfo.getUint32(roundTrip, true) / 1000
    : tcpInfo.getUint32(lastAckReceived, true);
  return Math.max(0, age);
}
