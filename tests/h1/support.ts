import type { H2Handler, H2Response } from "../../lib/h2/mod.ts";
import { serveH1 } from "../../lib/h1/mod.ts";
import type { H1ServeOptions } from "../../lib/h1/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { MemoryConn } from "../support/memory_conn.ts";

/** The date that answers carry as long as the clock stands still. */
export const date = "date: Tue, 14 Nov 2023 22:13:20 GMT";

/** A client that a test plays, and the server's end of its connection. */
export function visit(
  handler: H2Handler,
  options: H1ServeOptions & { readonly capacity?: number } = {},
) {
  const clock = new FakeClock();
  const [client, conn] = MemoryConn.pair(options.capacity);
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const session = serveH1(conn, handler, { clock, onError, ...options });
  return { clock, client, conn, session, errors };
}

/** What a client gets from now on until it has read `octets`, or until the end. */
export async function hear(client: MemoryConn, octets = Infinity): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  while (text.length < octets) {
    const count = await client.read(
      buffer.subarray(0, Math.min(buffer.length, octets - text.length)),
    );
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

/** What a client gets up to and with `end`. */
export async function hearUntil(client: MemoryConn, end: string): Promise<string> {
  let text = "";
  while (!text.endsWith(end)) {
    const next = await hear(client, 1);
    if (next === "") throw new Error(`the connection ended after ${JSON.stringify(text)}`);
    text += next;
  }
  return text;
}

/** An answer whose length is said. */
export function said(text: string, status = 200): H2Response {
  const octets = new TextEncoder().encode(text);
  return {
    status,
    headers: [["content-length", String(octets.length)]],
    body: parts(text),
  };
}

/** A body of these parts, empty ones too. */
export async function* parts(...texts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}

/** All of a body. */
export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const octets of body) text += new TextDecoder().decode(octets);
  return text;
}

/** The bytes of an answer whose length is said. */
export function answered(text: string, ...more: readonly string[]): string {
  const head = ["HTTP/1.1 200 OK", `content-length: ${text.length}`, date, ...more, "", text];
  return head.join("\r\n");
}

/** A request without a body. */
export function get(path: string, ...fields: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, "host: a", ...fields, "", ""].join("\r\n");
}

/** A request with a body whose length is said. */
export function post(path: string, body: string, ...fields: readonly string[]): string {
  return [`POST ${path} HTTP/1.1`, "host: a", `content-length: ${body.length}`, ...fields, "", body]
    .join("\r\n");
}
