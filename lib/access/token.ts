import { createHash, timingSafeEqual } from "node:crypto";

/** Begins each token, so that whoever finds one knows what it is. */
const mark = "mglv_";

/** Octets of chance in a token: nobody can guess as much, so that a plain digest keeps it. */
const randomBytes = 32;

const form = /^mglv_[A-Za-z0-9_-]{43}$/;

/** A new token, and its digest for the file of `--auth`. */
export function newToken(): { readonly token: string; readonly sha256: string } {
  const random = crypto.getRandomValues(new Uint8Array(randomBytes));
  const token = mark + random.toBase64({ alphabet: "base64url", omitPadding: true });
  return { token, sha256: new Uint8Array(digest(token)).toHex() };
}

/** Whether a text can be a token at all. */
export function isToken(text: string): boolean {
  return form.test(text);
}

/**
 * The digest of the token in a field `authorization`; undefined when it is none of ours, such as
 * a password that somebody made up.
 */
export function bearerDigest(field: string): Uint8Array | undefined {
  const [, token = ""] = /^bearer +(\S+) *$/i.exec(field) ?? [];
  return isToken(token) ? digest(token) : undefined;
}

/** Whether two digests are the same, in a time that does not tell how much of them is. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function digest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
