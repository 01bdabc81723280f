import { libc } from "./libc.ts";

/**
 * Has the C library give back to the system what was freed: by itself it does so only with what lies
 * at the end of an arena (malloc_trim(3)). Another thread does it, 100 MB in 10 to 30 ms; who needs
 * memory of the same arena meanwhile waits.
 */
export async function giveBackMemory(): Promise<void> {
  await libc.malloc_trim(0n);
}
