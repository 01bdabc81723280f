import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { gunzipSync, gzipSync } from "node:zlib";
import { reasonOf } from "../log/mod.ts";
import { systemClock } from "../time/mod.ts";
import { Breather } from "./slices.ts";

/**
 * Input up to this size goes through in one go: about 3 ms to compress, and decompressed at most
 * 1032 times as much, DEFLATE's limit, in about 8 ms. Larger messages go in pieces, since the
 * runtime's zlib works on the main thread even when called asynchronously.
 */
const pieceBytes = { gzip: 65_536, gunzip: 4096 };

/** gzip for single messages. A decompression bomb costs no more than the largest message. */
export const gzipCompression: Compression = {
  name: "gzip",
  compress(bytes) {
    if (bytes.length <= pieceBytes.gzip) return Promise.resolve(new Uint8Array(gzipSync(bytes)));
    return throughStream(new CompressionStream("gzip"), bytes, pieceBytes.gzip, Infinity);
  },
  async decompress(bytes, readMaxBytes) {
    if (bytes.length === 0) return new Uint8Array();
    try {
      if (bytes.length <= pieceBytes.gunzip) {
        return new Uint8Array(gunzipSync(bytes, { maxOutputLength: readMaxBytes }));
      }
      const gunzip = new DecompressionStream("gzip");
      return await throughStream(gunzip, bytes, pieceBytes.gunzip, readMaxBytes);
    } catch (error) {
      throw decompressionError(error, readMaxBytes);
    }
  },
};

class TooLarge extends Error {}

async function throughStream(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array,
  piece: number,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const [result] = await Promise.all([
    collect(stream.readable, limit),
    feed(stream.writable, bytes, piece),
  ]);
  return result;
}

async function feed(
  writable: WritableStream<BufferSource>,
  bytes: Uint8Array,
  piece: number,
): Promise<void> {
  const writer = writable.getWriter();
  const breather = new Breather(systemClock);
  for (let at = 0; at < bytes.length; at += piece) {
    await writer.write(bytes.slice(at, at + piece));
    await breather.breathe();
  }
  await writer.close();
}

async function collect(
  readable: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readable) {
    length += chunk.length;
    if (length > limit) throw new TooLarge();
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function decompressionError(error: unknown, readMaxBytes: number): ConnectError {
  if (error instanceof TooLarge || error instanceof RangeError) {
    return new ConnectError(
      `message is larger than ${readMaxBytes} bytes once decompressed`,
      Code.ResourceExhausted,
    );
  }
  return new ConnectError(
    `cannot decompress the message: ${reasonOf(error)}`,
    Code.InvalidArgument,
  );
}
