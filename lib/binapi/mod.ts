/**
 * VPP's binary API on the wire: numbers, texts, addresses, structures, and messages made of them.
 * Which messages there are is in `lib/gen/vpp.ts`, generated from VPP's own API files. Pure.
 *
 * @example A message there and back
 * ```ts
 * import { equal, throws } from "node:assert/strict";
 *
 * const ping = message("ping", "51077d14", "client", { name: fixedString(8), count: u16 });
 * const writer = new WireWriter();
 * encodeMessage(writer, ping, { id: 7, clientIndex: 1, context: 2 }, { name: "a", count: 3 });
 * equal(writer.length, 2 + 4 + 4 + 8 + 2);
 * equal(decodeMessage(ping, writer.written()).value.count, 3);
 * throws(() => decodeMessage(ping, writer.written().subarray(1)), DecodeError);
 * ```
 *
 * @module
 */

export { address, addressUnion, ip4Address, ip6Address } from "./address.ts";
export { DecodeError, EncodeError, WireReader, WireWriter } from "./bytes.ts";
export { appendFrame, FrameBuffer, frameHeaderLength } from "./frames.ts";
export { bool, counted, fixedString, i32, repeated, struct, u16, u32, u8 } from "./field.ts";
export { type Field, type Fields, type Values, variableString } from "./field.ts";
export { answerOf, decodeMessage, encodeMessage, message, messagesOf } from "./message.ts";
export { type Call, type Dump, nameCrc, readHeader } from "./message.ts";
export type { HeaderKind, Message, MessageHeader } from "./message.ts";
