/** How many ports in a row are tried. */
const tries = 20;

/**
 * What `bind` makes of the first of `wanted`, `wanted` + 1, … that it can bind: it throws or rejects
 * with AddrInUse for those that are taken, and whatever else it throws is passed on. There is no look
 * before: what was free then may be taken when it is bound. Rejects when twenty in a row are taken.
 */
export async function firstFree<T>(
  wanted: number,
  bind: (port: number) => T | Promise<T>,
): Promise<T> {
  for (let port = wanted; port < wanted + tries; port++) {
    try {
      return await bind(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`ports ${wanted} to ${wanted + tries - 1} are all in use`);
}

/** Throws AddrInUse if somebody listens there. A machine without IPv6 has nobody there either. */
export function expectNobody(hostname: string, port: number): void {
  try {
    Deno.listen({ hostname, port }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || !hostname.includes(":")) throw error;
  }
}
