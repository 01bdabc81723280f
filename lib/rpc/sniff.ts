import { type ByteConn, clientPreface } from "../h2/mod.ts";

/** What a connection turned out to speak. `head` is what was read to find out. */
export type Sniffed =
  | { readonly kind: "h2" | "http1"; readonly head: Uint8Array }
  /** It ended, or broke, before it said enough. */
  | { readonly kind: "gone" };

/** `PRI * HTTP/2.0`: no HTTP/1.1 request line begins so. */
const telling = clientPreface.subarray(0, 14);

/** Enough for what clients send at once: preface, SETTINGS and the first request. */
const headBytes = 4096;

/** Reads as much of a connection as it takes to tell HTTP/2 from HTTP/1.1, in any pieces. */
export async function sniff(conn: ByteConn): Promise<Sniffed> {
  const buffer = new Uint8Array(headBytes);
  for (let length = 0;;) {
    const count = await readSome(conn, buffer.subarray(length));
    if (count === "gone") return { kind: "gone" };
    length += count;
    const kind = judge(buffer.subarray(0, length));
    if (kind) return { kind, head: buffer.slice(0, length) };
  }
}

/** What bytes at the start of a connection mean; undefined when there are too few. */
function judge(head: Uint8Array): "h2" | "http1" | undefined {
  const length = Math.min(head.length, telling.length);
  for (let i = 0; i < length; i++) {
    if (head[i] !== telling[i]) return "http1";
  }
  return length === telling.length ? "h2" : undefined;
}

/** Whatever makes reading fail, the client has left, or was too slow and is cut off. */
function readSome(conn: ByteConn, room: Uint8Array): Promise<number | "gone"> {
  return conn.read(room).then((count) => count ?? "gone", () => "gone");
}
