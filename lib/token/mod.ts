/**
 * Tokens by which callers of the API are known: secrets made of chance, of which maglevd has the
 * digests only. A room of its own, so that maglevc, which makes them, carries nothing else of those
 * who check them.
 *
 * @example Whoever has a token can tell that it is one
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * const { token, sha256 } = await newToken();
 * equal(isToken(token), true);
 * equal(sha256.length, 64);
 * ```
 *
 * @module
 */

/** Begins each token, so that whoever finds one knows what it is. */
const mark = "mglv_";

/** Octets of chance in a token: nobody can guess as much, so that a plain digest keeps it. */
const randomBytes = 32;

const form = /^mglv_[A-Za-z0-9_-]{43}$/;

/** A secret, and by what it is known. */
export interface NewToken {
  readonly token: string;
  /** Its SHA-256 in hexadecimal digits, for the file of `--auth`. */
  readonly sha256: string;
}

/** A new token. */
export async function newToken(): Promise<NewToken> {
  const random = crypto.getRandomValues(new Uint8Array(randomBytes));
  const token = mark + random.toBase64({ alphabet: "base64url", omitPadding: true });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return { token, sha256: new Uint8Array(digest).toHex() };
}

/** Whether a text can be a token at all. */
export function isToken(text: string): boolean {
  return form.test(text);
}
