/**
 * Messages as data: from one declaration follow encoder, decoder and TypeScript types. Pure.
 *
 * @module
 */

export { DecodeError, EncodeError, WireReader, WireWriter } from "./bytes.ts";
export {
  alias,
  bool,
  counted,
  enumeration,
  fixedString,
  i32,
  repeated,
  struct,
  u16,
  u32,
  u8,
  variableString,
} from "./field.ts";
export type { Definition, Field, Fields, ValueOf } from "./field.ts";
export {
  address,
  addressUnion,
  addressWithPrefix,
  ip4Address,
  ip6Address,
  prefix,
} from "./address.ts";
export type { WirePrefix } from "./address.ts";
export {
  call,
  decodeMessage,
  dump,
  encodeMessage,
  message,
  nameCrc,
  readHeader,
  reply,
  request,
} from "./message.ts";
export type {
  Call,
  Dump,
  HeaderKind,
  Message,
  MessageHeader,
  MessageOptions,
  MessageValue,
} from "./message.ts";
