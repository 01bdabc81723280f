import { gzipSync } from "node:zlib";
import * as wire from "../../tests/h2/testing/wire.ts";
import { crew, flood } from "./crew.ts";
import { type Dial, dial, ignore, type Raw } from "./socket.ts";
import type { Arena } from "./types.ts";

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

/** A whole call: HEADERS, and DATA that ends the request. */
export function call(
  id: number,
  method: string,
  message: Uint8Array,
  more: readonly wire.Field[] = [],
): Uint8Array<ArrayBuffer> {
  return wire.join(
    wire.headers(id, fields(method, more), wire.END_HEADERS),
    wire.data(id, envelope(message), wire.END_STREAM),
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

/** Opens a connection and greets. */
export async function open(
  arena: Arena,
  options: Dial,
  window?: number,
): Promise<Raw | undefined> {
  const raw = await dial(arena, options);
  if (raw !== undefined) await raw.send(greeting(window));
  return raw;
}

/**
 * Floods from ever new connections, ten at a time, with the same octets on each until maglevd has
 * had enough of it. `each`: how many of `what` one piece holds. `again`: the octets may come more
 * than once on a connection.
 */
export async function frameFlood(
  arena: Arena,
  what: string,
  bytes: Uint8Array,
  { each = 1, again = true }: { readonly each?: number; readonly again?: boolean } = {},
): Promise<void> {
  await crew(arena, 10, 10, async (n) => {
    const raw = await open(arena, { from: n, hear: ignore });
    if (raw === undefined) return;
    if (again) await flood(arena, raw, bytes, what, { each });
    else if (await raw.send(bytes)) arena.count(what, each);
    if (!again) await answered(raw);
    raw.close();
  });
}

/** Waits until maglevd has said something, or a second. */
async function answered(raw: Raw): Promise<void> {
  const before = raw.received;
  const end = performance.now() + 1_000;
  while (!raw.isGone && raw.received === before && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
