import { UsageError } from "./flags.ts";

/** Where a server listens. */
export interface ListenAddress {
  /** A name or an address; undefined is every address of this machine. */
  readonly hostname: string | undefined;
  /** 0 picks a free one. */
  readonly port: number;
}

/**
 * Reads `:9090`, `127.0.0.1:9090`, `[::1]:9090` or `localhost:9090`. `flag` is where it came from,
 * for the message of the {@link UsageError} thrown otherwise.
 */
export function parseListenAddress(flag: string, text: string): ListenAddress {
  const [, bracketed, plain, digits] = text.match(/^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65535) {
    throw new UsageError(
      `--${flag} is an address and a port such as :9090, 127.0.0.1:9090 or [::1]:9090, not "${text}"`,
    );
  }
  return { hostname: bracketed ?? (plain || undefined), port };
}

/** The address as one would type it: `[::]:9090`. */
export function formatListenAddress(hostname: string, port: number): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
