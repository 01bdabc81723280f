import { parseIp } from "../ip/mod.ts";

/** Where a server listens. */
export interface ListenAddress {
  /** A name or an address; undefined is every address of this machine, of both families. */
  readonly hostname: string | undefined;
  /** 0 picks a free one. */
  readonly port: number;
}

/** Reads `localhost:9090`, `127.0.0.1:9090`, `[::1]:9090` or `:9090`. Throws a RangeError that quotes what is wrong. */
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

/** The address as one would type it: `[::]:9090`. */
export function formatListenAddress(hostname: string, port: number): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** The name of a peer for limits and logs: an IPv4 peer of a dual-stack socket is an IPv4 peer. */
export function peerName(hostname: string): string {
  return hostname.startsWith("::ffff:") ? hostname.slice("::ffff:".length) : hostname;
}
