/** Of a write-ahead log, before what was written: https://www.sqlite.org/fileformat2.html#walformat */
const headerOctets = 32;

/** What a header begins with, and whether its sums are over words with the highest octet first. */
const magics: ReadonlyMap<number, "big" | "little"> = new Map([
  [0x377f0682, "little"],
  [0x377f0683, "big"],
]);

/**
 * Why SQLite would pass over, without a word, what still waits to be worked into the file at `path`;
 * undefined where it does not. That the end of it is missing is usual after a crash, and no damage.
 */
export function walDamage(path: string): string | undefined {
  const header = headerOf(`${path}-wal`);
  if (!header) return undefined;
  if (!hasContent(path)) return "the file that it belongs to is gone or empty";
  return isHeader(header) ? undefined : "its header is spoilt";
}

/** The header of a log that holds something. */
function headerOf(path: string): DataView | undefined {
  try {
    using file = Deno.openSync(path);
    if (file.statSync().size <= headerOctets) return undefined;
    const octets = new Uint8Array(headerOctets);
    return file.readSync(octets) === headerOctets ? new DataView(octets.buffer) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function hasContent(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isHeader(header: DataView): boolean {
  const order = magics.get(header.getUint32(0));
  let [first, second] = [0, 0];
  for (let at = 0; at < headerOctets - 8; at += 8) {
    first = (first + header.getUint32(at, order === "little") + second) >>> 0;
    second = (second + header.getUint32(at + 4, order === "little") + first) >>> 0;
  }
  return order !== undefined && first === header.getUint32(headerOctets - 8) &&
    second === header.getUint32(headerOctets - 4);
}
