import { AF_UNIX } from "./constants.ts";

/** Largest path that sun_path holds with its closing NUL (unix(7)). */
const longestPath = 107;

/**
 * `struct sockaddr_un` for a file system path: family in the machine's order (little-endian on
 * both supported ones), then the path. Throws RangeError for a path that does not fit. Pure.
 */
export function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length === 0 || bytes.length > longestPath || bytes.includes(0)) {
    throw new RangeError(
      `a socket's path has 1 to ${longestPath} bytes and no NUL: ${JSON.stringify(path)}`,
    );
  }
  const address = new Uint8Array(2 + bytes.length + 1);
  address[0] = AF_UNIX;
  address.set(bytes, 2);
  return address;
}
