import { protocolError } from "./errors.ts";

/** What an HTTP/2 client says first (RFC 9113 section 3.4). */
export const clientPreface: Uint8Array = new TextEncoder().encode(
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
);

/** Recognizes the client preface, whatever pieces it comes in. */
export class PrefaceReader {
  #matched = 0;

  get complete(): boolean {
    return this.#matched === clientPreface.length;
  }

  /** Takes input; returns what follows the preface. Throws PROTOCOL_ERROR when it is another. */
  read(input: Uint8Array): Uint8Array {
    let at = 0;
    for (; at < input.length && !this.complete; at++) {
      if (input[at] === clientPreface[this.#matched++]) continue;
      throw protocolError("the client preface is not HTTP/2's");
    }
    return input.subarray(at);
  }
}
