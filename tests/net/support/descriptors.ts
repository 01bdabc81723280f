/** How many file descriptors this process has open, the one used for counting included. */
export function openDescriptors(): number {
  return Array.from(Deno.readDirSync("/proc/self/fd")).length;
}

/** The numbers of the descriptors that `open` adds. */
export function descriptorsOf(open: () => unknown): number[] {
  const before = numbersOpen();
  open();
  return [...numbersOpen().difference(before)];
}

/** Listing takes a descriptor itself, which is gone afterwards. */
function numbersOpen(): Set<number> {
  const listed = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => Number(name));
  return new Set(listed.filter(isOpen));
}

function isOpen(number: number): boolean {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${number}`) !== "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
