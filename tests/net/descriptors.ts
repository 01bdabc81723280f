/** How many file descriptors this process has open, the one used for counting included. */
export function openDescriptors(): number {
  return Array.from(Deno.readDirSync("/proc/self/fd")).length;
}
