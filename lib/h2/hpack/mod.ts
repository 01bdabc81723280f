/** HPACK (RFC 7541): field sections to field blocks and back. */
export { type FieldSection, HpackDecoder } from "./decoder.ts";
export { HpackEncoder } from "./encoder.ts";
export { HpackError } from "./integer.ts";
export { defaultTableSize } from "./dynamic_table.ts";
