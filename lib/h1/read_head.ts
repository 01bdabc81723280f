import { BadRequest } from "./errors.ts";
import { parseHead, type RequestHead } from "./head.ts";
import type { Input } from "./input.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** What a method may begin with. */
const methodStart = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;

/**
 * Waits for the next request and takes its head off the input; undefined when the client has ended
 * instead. `begun` is called when its first octet is there. Throws {@link BadRequest}.
 */
export async function readHead(input: Input, begun: () => void): Promise<RequestHead | undefined> {
  while (input.octets.length === 0) {
    if (input.ended) return undefined;
    await input.fill();
  }
  begun();
  for (let scanned = 0; await skipEmptyLines(input);) {
    const { octets } = input;
    const end = headEnd(octets, scanned);
    if (end !== undefined) {
      const head = parseHead(octets.subarray(0, end - 4));
      input.consume(end);
      return head;
    }
    if (input.full) throw tooLong(octets);
    if (input.ended) return undefined;
    scanned = octets.length;
    await input.fill();
  }
  return undefined;
}

/**
 * Some clients send a line end too many after a body (RFC 9112 section 2.2). Waits for what is no
 * empty line; false when the client has ended instead.
 */
async function skipEmptyLines(input: Input): Promise<boolean> {
  for (;;) {
    const [first, second] = input.octets;
    if (first !== undefined && first !== carriageReturn) return true;
    if (first === carriageReturn && second !== undefined) {
      if (second !== lineFeed) return true;
      input.consume(2);
    } else {
      if (input.ended) return false;
      await input.fill();
    }
  }
}

/**
 * Behind the empty line that ends the head; undefined if it is not there yet. A line that ends with
 * LF alone ends for some readers and goes on for others: it is refused.
 */
function headEnd(octets: Uint8Array, scanned: number): number | undefined {
  refuseOtherProtocols(octets);
  let at = octets.indexOf(lineFeed, scanned);
  for (; at !== -1; at = octets.indexOf(lineFeed, at + 1)) {
    if (octets[at - 1] !== carriageReturn) throw new BadRequest(400, "a line ends without CR");
    if (octets[at - 2] === lineFeed) return at + 1;
  }
  return undefined;
}

/** Whoever speaks TLS, SSH or SMB waits for an answer to its first octets. */
function refuseOtherProtocols(octets: Uint8Array): void {
  const [first] = octets;
  if (first !== undefined && methodStart.test(String.fromCharCode(first))) return;
  throw new BadRequest(400, "this is not HTTP");
}

function tooLong(octets: Uint8Array): BadRequest {
  return octets.includes(lineFeed)
    ? new BadRequest(431, "the fields are too long")
    : new BadRequest(414, "the request line is too long");
}
