/** What a client puts on the wire, spelled out octet by octet and independent of lib/h2. */

export const preface = text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const types = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
};

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PRIORITY = 0x20;

export type Field = readonly [name: string, value: string];

export function text(value: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

export function octets(...values: number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(values);
}

export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(digits.replaceAll(/\s/g, ""));
}

export function join(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function uint(value: number, width: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length: width },
    (_, at) => Math.floor(value / 256 ** (width - 1 - at)) % 256,
  );
}

export function frame(
  type: number,
  flags: number,
  streamId: number,
  ...payload: Uint8Array[]
): Uint8Array<ArrayBuffer> {
  const body = join(...payload);
  return join(uint(body.length, 3), octets(type, flags), uint(streamId, 4), body);
}

export function settings(...pairs: [id: number, value: number][]): Uint8Array<ArrayBuffer> {
  return frame(
    types.SETTINGS,
    0,
    0,
    ...pairs.map(([id, value]) => join(uint(id, 2), uint(value, 4))),
  );
}

export const settingsAck = frame(types.SETTINGS, ACK, 0);

export function data(streamId: number, body: Uint8Array | string, flags = 0): Uint8Array {
  return frame(types.DATA, flags, streamId, typeof body === "string" ? text(body) : body);
}

export function headers(
  streamId: number,
  fields: readonly Field[],
  flags = END_HEADERS | END_STREAM,
): Uint8Array {
  return frame(types.HEADERS, flags, streamId, block(fields));
}

export function continuation(streamId: number, part: Uint8Array, flags = 0): Uint8Array {
  return frame(types.CONTINUATION, flags, streamId, part);
}

export function rstStream(streamId: number, code = 8): Uint8Array {
  return frame(types.RST_STREAM, 0, streamId, uint(code, 4));
}

export function windowUpdate(streamId: number, increment: number): Uint8Array {
  return frame(types.WINDOW_UPDATE, 0, streamId, uint(increment, 4));
}

export function ping(opaque = text("12345678"), flags = 0): Uint8Array {
  return frame(types.PING, flags, 0, opaque);
}

export function goaway(lastStreamId = 0, code = 0): Uint8Array {
  return frame(types.GOAWAY, 0, 0, uint(lastStreamId, 4), uint(code, 4));
}

/** Literals without indexing, not Huffman-coded: the plainest field block there is. */
export function block(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  return join(...fields.flatMap(([name, value]) => [octets(0), string(name), string(value)]));
}

function string(value: string): Uint8Array {
  const length = value.length < 127
    ? octets(value.length)
    : join(octets(127), varint(value.length - 127));
  return join(length, text(value));
}

function varint(value: number): Uint8Array {
  const result: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) result.push(value % 128 + 128);
  return octets(...result, value);
}

export const get: readonly Field[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "vip.example.net"],
];

export const post: readonly Field[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/maglev.Maglev/GetBackend"],
  [":authority", "vip.example.net"],
  ["content-type", "application/grpc"],
];

export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

/** Cuts whole frames out of `bytes`; throws if one is cut off. */
export function parse(bytes: Uint8Array): SeenFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: SeenFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint8(at) * 65536 + view.getUint16(at + 1);
    if (at + 9 + length > bytes.length) throw new Error("the server has cut a frame short");
    frames.push({
      type: view.getUint8(at + 3),
      flags: view.getUint8(at + 4),
      streamId: view.getUint32(at + 5),
      payload: bytes.slice(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}
