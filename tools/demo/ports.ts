/**
 * The first of `wanted`, `wanted` + 1, … that is free on all of `hostnames`, as far as a look can
 * tell. Throws when twenty in a row are taken.
 */
export function freePort(wanted: number, hostnames: readonly string[]): number {
  for (let port = wanted; port < wanted + 20; port++) {
    if (hostnames.every((hostname) => isFree(hostname, port))) return port;
  }
  throw new Error(`ports ${wanted} to ${wanted + 19} are all in use on ${hostnames.join(", ")}`);
}

function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    // A machine without IPv6 has nobody there either.
    if (hostname.includes(":")) return true;
    throw error;
  }
}
