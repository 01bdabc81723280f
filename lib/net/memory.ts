import { libc } from "./libc.ts";

/**
 * Has the C library give back to the system what was freed: by itself it does so only with what lies
 * at the end of an arena (malloc_trim(3)). Another thread does it; 130 MB take that 20 ms.
 */
export async function giveBackMemory(): Promise<void> {
  await libc.malloc_trim(0n);
}
