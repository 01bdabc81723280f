import { libc } from "./libc.ts";

/**
 * Has the C library give back to the system what was freed: by itself it does so only with what lies
 * at the end of an arena (malloc_trim(3)). Another thread does it, 100 MB in 10 to 30 ms; who needs
 * memory of the same arena meanwhile waits.
 */
export async function giveBackMemory(): Promise<void> {
  await libc.malloc_trim(0n);
}

/**
 * More than what V8 lets be taken outside of its heap before it looks for garbage: with 200 MB in the
 * heap 256 MiB were not enough, and 320 were.
 */
const muchOctets = 512 * 1024 * 1024;

/**
 * Has V8 look for garbage soon, in its own steps and on its own threads. By itself it does so when
 * there is more and more, or when next to nothing happens: what a burst leaves behind in a program
 * that goes on at its usual pace may stay for hours. There is no call for it but one that holds the
 * event loop. So it is shown an allocation that it takes for a reason, and which takes no memory, as
 * nothing is written there. False where there is no room for that.
 */
export function lookForGarbage(): boolean {
  try {
    return new ArrayBuffer(muchOctets).byteLength === muchOctets;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
