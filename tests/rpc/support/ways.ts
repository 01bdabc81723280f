import type { DescMethod, Message } from "@bufbuild/protobuf";
import { create, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { gzipSync } from "node:zlib";
import type { H2Field } from "../../../lib/h2/mod.ts";
import type { ProtocolHandlers } from "../../../lib/port/connections.ts";
import { memoryRequest } from "./memory_request.ts";

/** One of the protocols that a call can be made in. */
export interface Way {
  readonly name: string;
  readonly version: keyof ProtocolHandlers;
  readonly type: string;
  readonly json: boolean;
  readonly framing: "none" | "envelopes" | "text";
  /** Whether it can carry calls with one response, and calls with many. */
  readonly unary: boolean;
  readonly stream: boolean;
  /** Names the compression of requests. */
  readonly encoding: string;
}

function way(
  type: string,
  encoding: string,
  what: Partial<Way> & Pick<Way, "version">,
): Way {
  return {
    name: `${type}, ${what.version}`,
    ...{ type, encoding, json: type.includes("json"), framing: "envelopes" },
    ...{ unary: true, stream: true, ...what },
  };
}

/** All protocols, over both versions of HTTP. */
export const ways: readonly Way[] = [
  way("application/grpc", "grpc-encoding", { version: "http2" }),
  way("application/grpc+json", "grpc-encoding", { version: "http2" }),
  ...(["http1", "http2"] as const).flatMap((version) => [
    way("application/grpc-web+proto", "grpc-encoding", { version }),
    way("application/grpc-web+json", "grpc-encoding", { version }),
    way("application/grpc-web-text+proto", "grpc-encoding", { version, framing: "text" }),
    way("application/proto", "content-encoding", { version, framing: "none", stream: false }),
    way("application/json", "content-encoding", { version, framing: "none", stream: false }),
    way("application/connect+proto", "connect-content-encoding", { version, unary: false }),
    way("application/connect+json", "connect-content-encoding", { version, unary: false }),
  ]),
];

/** Whether a way can carry a method. Many requests need gRPC's frames, both ways at a time. */
export function carries(way: Way, { methodKind }: DescMethod): boolean {
  if (methodKind === "unary") return way.unary;
  return methodKind === "bidi_streaming" ? way.stream && way.version === "http2" : way.stream;
}

/** The request of a method with these fields, as a way carries it. */
export function messageOf(
  { json }: Way,
  { input }: DescMethod,
  fields: Record<string, unknown> = {},
): Uint8Array {
  const message = create(input, fields);
  return json ? new TextEncoder().encode(toJsonString(input, message)) : toBinary(input, message);
}

/** What became of a call: its status, and its messages unread. */
export interface Outcome {
  readonly code: Code | 0;
  readonly text: string;
  readonly messages: readonly Uint8Array[];
}

/** How a message is sent. */
export interface Sending {
  readonly gzip?: boolean;
  readonly connection?: object;
  /** The token that is shown. */
  readonly token?: string;
}

/** The request of a call with one message, as it goes over the wire. */
export function requestOf(
  { type, encoding, framing }: Way,
  method: DescMethod,
  message: Uint8Array,
  { gzip = false, connection, token }: Sending = {},
) {
  const data = gzip ? new Uint8Array(gzipSync(message)) : message;
  const envelope = framing === "none" ? data : encodeEnvelope(gzip ? 1 : 0, data);
  const body = framing === "text" ? new TextEncoder().encode(envelope.toBase64()) : envelope;
  const headers: H2Field[] = [["content-type", type]];
  if (gzip) headers.push([encoding, "gzip"]);
  if (token !== undefined) headers.push(["authorization", `Bearer ${token}`]);
  const path = `/${method.parent.typeName}/${method.name}`;
  return memoryRequest({ path, headers, body: [body], ...connection && { connection } });
}

/** Makes a call and reads at most `most` messages of the answer. */
export async function call(
  handlers: ProtocolHandlers,
  way: Way,
  method: DescMethod,
  message: Uint8Array,
  sending: Sending & { readonly most?: number } = {},
): Promise<Outcome> {
  const request = requestOf(way, method, message, sending);
  const { status, headers, body, trailers, sent } = await handlers[way.version](request);
  const octets = await read(body, way, sending.most ?? Infinity);
  const fields = new Map([...headers, ...trailers?.() ?? []]);
  sent?.(true);
  if (way.framing === "none") return unaryOutcome(status, octets);
  return streamOutcome(fields, octets);
}

/** The messages of an outcome, read. */
export function readMessages(way: Way, { output }: DescMethod, { messages }: Outcome): Message[] {
  return messages.map((octets) =>
    way.json ? fromJsonString(output, new TextDecoder().decode(octets)) : fromBinary(output, octets)
  );
}

async function read(
  body: AsyncIterable<Uint8Array> | undefined,
  way: Way,
  most: number,
): Promise<Uint8Array> {
  const octets: number[] = [];
  for await (const part of body ?? []) {
    octets.push(...way.framing === "text" ? textOctets(part) : part);
    if (way.framing !== "none" && countEnvelopes(octets) >= most) break;
  }
  return new Uint8Array(octets);
}

function countEnvelopes(octets: readonly number[]): number {
  const view = new DataView(new Uint8Array(octets).buffer);
  let count = 0;
  for (let at = 0; at + 5 <= octets.length; at += 5 + view.getUint32(at + 1)) count++;
  return count;
}

function textOctets(part: Uint8Array): Uint8Array {
  return Uint8Array.fromBase64(new TextDecoder().decode(part));
}

function unaryOutcome(status: number, octets: Uint8Array): Outcome {
  if (status === 200) return { code: 0, text: "", messages: [octets] };
  const { code, message } = JSON.parse(new TextDecoder().decode(octets));
  return { code: codeFromString(code) ?? Code.Unknown, text: message ?? "", messages: [] };
}

function streamOutcome(fields: ReadonlyMap<string, string>, octets: Uint8Array): Outcome {
  const messages: Uint8Array[] = [];
  let code = Number(fields.get("grpc-status") ?? 0);
  let text = decodeURIComponent(fields.get("grpc-message") ?? "");
  for (let at = 0; at < octets.length;) {
    const length = new DataView(octets.buffer).getUint32(at + 1);
    const data = octets.slice(at + 5, at + 5 + length);
    const flags = octets[at] ?? 0;
    at += 5 + length;
    if (flags === 0) messages.push(data);
    else if (flags === 0x80) {
      const trailers = new TextDecoder().decode(data);
      code = Number(/^grpc-status: (\d+)/m.exec(trailers)?.[1]);
      text = decodeURIComponent(/^grpc-message: (.*)\r$/m.exec(trailers)?.[1] ?? "");
    } else {
      const { error } = JSON.parse(new TextDecoder().decode(data));
      code = error ? codeFromString(error.code) ?? Code.Unknown : 0;
      text = error?.message ?? "";
    }
  }
  return { code, text, messages };
}
