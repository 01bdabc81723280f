import { parseIp } from "../ip/mod.ts";

/** Where to listen. */
export interface ListenAddress {
  /** Undefined for all interfaces of both families. */
  readonly hostname: string | undefined;
  readonly port: number;
}

/** Reads `host:port`, `[v6]:port` or `:port`. Throws a RangeError that quotes what is wrong. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new RangeError(`${JSON.stringify(text)} is not host:port, [ipv6]:port or :port`);
  }
  const [, v6, host] = match;
  if (v6 !== undefined && parseIp(v6)?.family !== 6) {
    throw new RangeError(`${JSON.stringify(v6)} in ${JSON.stringify(text)} is no IPv6 address`);
  }
  return { hostname: v6 ?? (host || undefined), port };
}

/** `host:port`, an IPv6 address in brackets. */
export function formatAddress(hostname: string, port: number): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether only this machine can reach the address. */
export function isLoopback(hostname: string): boolean {
  const address = parseIp(hostname);
  if (!address) return hostname === "localhost";
  return address.family === 4 ? address.bytes[0] === 127 : address.text === "::1";
}

/** The name of a peer for limits and logs: an IPv4 peer of a dual-stack socket is an IPv4 peer. */
export function peerName(hostname: string): string {
  return hostname.startsWith("::ffff:") ? hostname.slice("::ffff:".length) : hostname;
}
