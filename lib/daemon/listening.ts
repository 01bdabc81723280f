import { reasonOf } from "../log/mod.ts";
import { formatListenAddress } from "../rpc/mod.ts";
import type { ListenAddress } from "../rpc/mod.ts";

/** A server and where it listens, in words. */
export interface Listening<Server> {
  readonly server: Server;
  readonly address: string;
}

/**
 * Lets `listen` listen; on every address of the machine that is one socket for both families, or
 * for IPv4 alone where there is no IPv6. Throws an error that names the flag and the reason.
 */
export function listening<Server extends { readonly port: number }>(
  flag: string,
  { hostname, port }: ListenAddress,
  listen: (hostname: string, port: number) => Server,
): Listening<Server> {
  const attempt = (host: string) => {
    const server = listen(host, port);
    return { server, address: formatListenAddress(host, server.port) };
  };
  try {
    if (hostname !== undefined) return attempt(hostname);
    try {
      return attempt("::");
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) throw error;
      return attempt("0.0.0.0");
    }
  } catch (error) {
    const address = formatListenAddress(hostname ?? "", port);
    throw new Error(`cannot listen on ${address} (--${flag}): ${reason(error)}`, { cause: error });
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "another program listens there already";
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE";
  }
  return reasonOf(error);
}
