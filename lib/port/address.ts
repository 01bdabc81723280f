import { parseIp } from "../ip/mod.ts";

/** Where a server listens on a network. */
export interface ListenAddress {
  /** A name or an address; undefined is every address of this machine, of both families. */
  readonly hostname: string | undefined;
  /** 0 picks a free one. */
  readonly port: number;
}

/** Where a server listens in the file system. */
export interface SocketAddress {
  /** Absolute. */
  readonly path: string;
}

/**
 * Reads addresses with commas or blanks between, as {@link parseListenAddress} does, and
 * `unix:/run/maglevd/api.sock`. Throws a RangeError that quotes what is wrong.
 */
export function parseListenAddresses(text: string): readonly (ListenAddress | SocketAddress)[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  if (words.length === 0) throw new RangeError("there is no address to listen on");
  const twice = words.find((word, i) => words.indexOf(word) !== i);
  if (twice !== undefined) throw new RangeError(`${JSON.stringify(twice)} stands there twice`);
  return words.map((word) =>
    word.startsWith("unix:") ? parseSocketAddress(word) : parseListenAddress(word)
  );
}

/** `unix:/path`, or as a URL, `unix:///path`. */
function parseSocketAddress(text: string): SocketAddress {
  const [, path] = /^unix:(?:\/\/(?=\/))?(\/.+)$/.exec(text) ?? [];
  if (path === undefined || path.endsWith("/")) {
    throw new RangeError(`${JSON.stringify(text)} is not unix: and an absolute path`);
  }
  if (new TextEncoder().encode(path).length > longestPath) {
    throw new RangeError(`the path of ${JSON.stringify(text)} is longer than ${longestPath} bytes`);
  }
  return { path };
}

/** Bytes that the kernel takes of a socket's path (unix(7)). */
const longestPath = 107;

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
