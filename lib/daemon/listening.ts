import { formatListenAddress } from "./listen_address.ts";
import type { ListenAddress } from "./listen_address.ts";

/**
 * What `listen` returns, with the address it got in words. Throws an error that says which flag to
 * look at, and what the system's reason means.
 */
export function listening<Server extends { readonly port: number }>(
  flag: string,
  { hostname, port }: ListenAddress,
  listen: () => Server,
): Server & { readonly address: string } {
  try {
    const server = listen();
    return Object.assign(server, { address: formatListenAddress(hostname, server.port) });
  } catch (error) {
    const address = formatListenAddress(hostname, port);
    throw new Error(`cannot listen on ${address} (--${flag}): ${reason(error)}`, { cause: error });
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "another program listens there already";
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE";
  }
  return error instanceof Error ? error.message : String(error);
}
