/**
 * Memory layouts of the kernel structures that the engine exchanges, as tables and encoders.
 * Pure. Both supported machines are 64-bit and little-endian; only epoll_event differs.
 */

import type { IpAddress } from "../ip/mod.ts";
import { AF_UNIX } from "./constants.ts";

/** Where `struct epoll_event` keeps its parts, counted in 32-bit words. */
export interface EpollLayout {
  /** From one event to the next. */
  readonly stride: number;
  /** From an event's start, where `events` is, to the low word of `data`; the high one follows. */
  readonly data: number;
}

/** eventpoll.h packs the structure on x86-64 (12 bytes) and nowhere else (16 bytes). */
const epollLayouts: Readonly<Record<string, EpollLayout>> = {
  x86_64: { stride: 3, data: 1 },
  aarch64: { stride: 4, data: 2 },
};

/** The layout on the machine `arch`, as `Deno.build.arch` names it. Throws for others. */
export function epollLayout(arch: string): EpollLayout {
  const layout = epollLayouts[arch];
  if (layout) return layout;
  throw new Error(`probes need x86_64 or aarch64: the layout of epoll_event on ${arch} is unknown`);
}

/** AF_INET and AF_INET6. */
export const addressFamilies = { 4: 2, 6: 10 } as const;

/** Largest path that sun_path holds with its closing NUL (unix(7)). */
const longestPath = 107;

/** Bytes of sockaddr_in and sockaddr_in6. */
const socketAddressBytes = { 4: 16, 6: 28 } as const;

/**
 * Writes `struct sockaddr_in` (ip(7)) or `sockaddr_in6` (ipv6(7)) to the start of `into`, which has
 * room for 28 bytes, and returns its length: family in machine order, port in network order,
 * flow label and scope 0.
 */
export function encodeSocketAddress(into: Uint8Array, address: IpAddress, port: number): number {
  const { family, bytes } = address;
  const length = socketAddressBytes[family];
  const at = family === 4 ? 4 : 8;
  into[0] = addressFamilies[family];
  into[1] = 0;
  into[2] = port >> 8;
  into[3] = port & 0xff;
  // By hand: fill() and set() cost more than everything else here.
  for (let i = 4; i < at; i++) into[i] = 0;
  for (let i = 0; i < bytes.length; i++) into[at + i] = bytes[i] ?? 0;
  for (let i = at + bytes.length; i < length; i++) into[i] = 0;
  return length;
}

/**
 * `struct sockaddr_un` for a file system path: family in the machine's order (little-endian on
 * both supported ones), then the path. Throws RangeError for a path that does not fit. Pure.
 */
export function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length === 0 || bytes.length > longestPath || bytes.includes(0)) {
    throw new RangeError(
      `a socket's path has 1 to ${longestPath} bytes and no NUL: ${JSON.stringify(path)}`,
    );
  }
  const address = new Uint8Array(2 + bytes.length + 1);
  address[0] = AF_UNIX;
  address.set(bytes, 2);
  return address;
}
