import { gzipSync } from "node:zlib";
import * as wire from "../../tests/h2/support/wire.ts";

/** What a client opens an HTTP/2 connection with; windows for answers as given, else wide open. */
export function greeting(window = 2 ** 31 - 1): Uint8Array<ArrayBuffer> {
  const room = window === 0 ? [] : [wire.windowUpdate(0, 2 ** 31 - 65_536)];
  return wire.join(wire.preface, wire.settings([4, window]), wire.settingsAck, ...room);
}

/** The fields of a call of maglevd's service. */
export function fields(
  method: string,
  more: readonly wire.Field[] = [],
  authority = "maglevd",
): wire.Field[] {
  return [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", `/maglev.Maglev/${method}`],
    [":authority", authority],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...more,
  ];
}

/** A gRPC message with its prefix, compressed or not. */
export function envelope(message: Uint8Array, compressed = false): Uint8Array<ArrayBuffer> {
  return wire.join(wire.octets(compressed ? 1 : 0), wire.uint(message.length, 4), message);
}

/** A protobuf message with one field of text or octets. */
export function textField(number: number, value: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return wire.join(wire.octets(number * 8 + 2), varint(bytes.length), bytes);
}

/** A protobuf message with one number or switch, below 128. */
export function numberField(number: number, value: number): Uint8Array<ArrayBuffer> {
  return wire.octets(number * 8, value);
}

function varint(value: number): Uint8Array<ArrayBuffer> {
  const result: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) result.push(value % 128 + 128);
  return wire.octets(...result, value);
}

/** DATA that ends a request, in frames as large as they may be. */
export function body(id: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += largestFrame) {
    const end = at + largestFrame >= bytes.length ? wire.END_STREAM : 0;
    frames.push(wire.data(id, bytes.subarray(at, at + largestFrame), end));
  }
  return wire.join(...frames);
}

/** SETTINGS_MAX_FRAME_SIZE at the beginning (RFC 9113, 6.5.2). */
const largestFrame = 16_384;

/** A whole call: HEADERS, and DATA that ends the request. */
export function call(
  id: number,
  method: string,
  message: Uint8Array,
  more: readonly wire.Field[] = [],
): Uint8Array<ArrayBuffer> {
  return wire.join(
    wire.headers(id, fields(method, more), wire.END_HEADERS),
    body(id, envelope(message)),
  );
}

/** The same for `count` streams from 1 on, made by `make`, in one piece. */
export function streams(count: number, make: (id: number) => Uint8Array): Uint8Array<ArrayBuffer> {
  return wire.join(...Array.from({ length: count }, (_, n) => make(2 * n + 1)));
}

/** `octets` of protobuf fields that no message has, three octets each, compressed with gzip. */
export function unknownFields(octets: number): Uint8Array {
  const plain = new Uint8Array(octets - octets % 3);
  for (let at = 0; at < plain.length; at += 3) plain.set([0xf8, 0x7f, 1], at);
  return gzipSync(plain);
}
