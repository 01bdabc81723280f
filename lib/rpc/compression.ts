import type { ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { gunzipSync, gzipSync } from "node:zlib";
import { reasonOf } from "../log/mod.ts";
import { systemClock, yieldIfDue } from "../time/mod.ts";
import { exhausted, invalid } from "./errors.ts";

/**
 * Octets that are compressed in one go, in about 3 ms. Larger messages go in pieces, since the
 * runtime's zlib works on the main thread even when called asynchronously.
 */
const pieceBytes = 65_536;

/**
 * gzip for single messages. Requests are small, also once decompressed: they go in one go, which
 * stops at the limit, so that a bomb costs no more than the largest message. But it is a hundred
 * octets that make such a message, so each waits for its turn.
 */
export const gzipCompression: Compression = {
  name: "gzip",
  compress(bytes) {
    if (bytes.length <= pieceBytes) return Promise.resolve(new Uint8Array(gzipSync(bytes)));
    const stream = ReadableStream.from(pieces(bytes)).pipeThrough(new CompressionStream("gzip"));
    return new Response(stream).bytes();
  },
  async decompress(bytes, readMaxBytes) {
    if (bytes.length === 0) return new Uint8Array();
    await yieldIfDue(systemClock);
    try {
      return new Uint8Array(gunzipSync(bytes, { maxOutputLength: readMaxBytes }));
    } catch (error) {
      throw decompressionError(error, readMaxBytes);
    }
  },
};

/**
 * Has the runtime load what compressing takes, before there is anything to hold up: the first stream
 * that is made waits 11 ms for it.
 */
export async function loadCompression(): Promise<void> {
  await gzipCompression.compress(new Uint8Array(2 * pieceBytes));
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield bytes.slice(at, at + pieceBytes);
    await yieldIfDue(systemClock);
  }
}

function decompressionError(error: unknown, readMaxBytes: number): ConnectError {
  if (error instanceof RangeError) {
    return exhausted(`message is larger than ${readMaxBytes} bytes once decompressed`);
  }
  return invalid(`cannot decompress the message: ${reasonOf(error)}`);
}
