import { createHash, timingSafeEqual } from "node:crypto";
import { isToken } from "../token/mod.ts";

/**
 * The digest of the token in a field `authorization`; undefined when it is none of ours, such as
 * a password that somebody made up.
 */
export function bearerDigest(field: string): Uint8Array | undefined {
  const [, token = ""] = /^bearer +(\S+) *$/i.exec(field) ?? [];
  return isToken(token) ? createHash("sha256").update(token).digest() : undefined;
}

/** Whether two digests are the same, in a time that does not tell how much of them is. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
