/** A field block that cannot be decoded: COMPRESSION_ERROR (RFC 9113 section 4.3). */
export class HpackError extends Error {
  override readonly name = "HpackError";
}
