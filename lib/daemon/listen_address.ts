import { parseIp } from "../ip/mod.ts";
import { UsageError } from "./flags.ts";

/** Where a server listens. */
export interface ListenAddress {
  /** An address, or `::`, which takes IPv4 as well. */
  readonly hostname: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Whether only this machine can connect. */
  readonly loopback: boolean;
}

/**
 * Reads `:9090`, `127.0.0.1:9090`, `[::1]:9090` or `localhost:9090`. `flag` is where it came from,
 * for the message of the {@link UsageError} thrown otherwise.
 */
export function parseListenAddress(flag: string, text: string): ListenAddress {
  const [, bracketed, plain, digits] = text.match(/^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65535) {
    throw new UsageError(
      `--${flag} is an address and a port such as :9090, 127.0.0.1:9090 or [::1]:9090, not "${text}"`,
    );
  }
  const host = bracketed ?? plain ?? "";
  if (host === "") return { hostname: "::", port, loopback: false };
  if (host === "localhost") return { hostname: "127.0.0.1", port, loopback: true };
  const address = parseIp(host);
  if (!address) throw new UsageError(`--${flag}: "${host}" is not an IP address`);
  const loopback = address.family === 4 ? address.bytes[0] === 127 : address.text === "::1";
  return { hostname: address.text, port, loopback };
}

/** The address as one would type it: `[::]:9090`. */
export function formatListenAddress(hostname: string, port: number): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
