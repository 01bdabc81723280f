import type { H2Field } from "../types.ts";

/** The static table, first entry at index 1 of RFC 7541 appendix A, here at 0. */
export const staticTable: readonly H2Field[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  [":status", "200"],
  [":status", "204"],
  [":status", "206"],
  [":status", "304"],
  [":status", "400"],
  [":status", "404"],
  [":status", "500"],
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ["accept-language", ""],
  ["accept-ranges", ""],
  ["accept", ""],
  ["access-control-allow-origin", ""],
  ["age", ""],
  ["allow", ""],
  ["authorization", ""],
  ["cache-control", ""],
  ["content-disposition", ""],
  ["content-encoding", ""],
  ["content-language", ""],
  ["content-length", ""],
  ["content-location", ""],
  ["content-range", ""],
  ["content-type", ""],
  ["cookie", ""],
  ["date", ""],
  ["etag", ""],
  ["expect", ""],
  ["expires", ""],
  ["from", ""],
  ["host", ""],
  ["if-match", ""],
  ["if-modified-since", ""],
  ["if-none-match", ""],
  ["if-range", ""],
  ["if-unmodified-since", ""],
  ["last-modified", ""],
  ["link", ""],
  ["location", ""],
  ["max-forwards", ""],
  ["proxy-authenticate", ""],
  ["proxy-authorization", ""],
  ["range", ""],
  ["referer", ""],
  ["refresh", ""],
  ["retry-after", ""],
  ["server", ""],
  ["set-cookie", ""],
  ["strict-transport-security", ""],
  ["transfer-encoding", ""],
  ["user-agent", ""],
  ["vary", ""],
  ["via", ""],
  ["www-authenticate", ""],
];

/** Where names and whole fields stand in the static table. */
export interface StaticPlaces {
  /** The first index of the name. */
  readonly index: number;
  /** The index by value. */
  readonly byValue: ReadonlyMap<string, number>;
}

/** Static indices by field name. */
export const staticPlaces: ReadonlyMap<string, StaticPlaces> = places();

function places(): Map<string, { index: number; byValue: Map<string, number> }> {
  const result = new Map<string, { index: number; byValue: Map<string, number> }>();
  staticTable.forEach(([name, value], position) => {
    const index = position + 1;
    const place = result.getOrInsertComputed(name, () => ({ index, byValue: new Map() }));
    if (value !== "") place.byValue.set(value, index);
  });
  return result;
}
