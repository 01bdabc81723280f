import { Code } from "@connectrpc/connect";
import type { H2Request, H2Response } from "../h2/mod.ts";
import { skippedBytes } from "./limits.ts";
import { OneChunk } from "./outbox.ts";
import { contentTypeOf, isWebText, protocolOf } from "./request_fields.ts";

/** Characters of what a client has sent that a status repeats: enough to find the mistake. */
const shownCharacters = 200;

/** A word of a client's, cut when it is long; `mark` then stands for the rest. */
export function shortened(word: string, mark = "…"): string {
  return word.length <= shownCharacters
    ? word
    : `${word.slice(0, shownCharacters).toWellFormed()}${mark}`;
}

/** A response without an RPC behind it. */
export interface Refusal {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

/**
 * What is said about a path that is no RPC. gRPC clients cannot make sense of a 404: they get a
 * response of headers only with status UNIMPLEMENTED, as the gRPC protocol has it.
 */
export function unknownPath(path: string, contentType: string): Refusal {
  const protocol = protocolOf(contentType);
  if (protocol === "grpc" || protocol === "grpc-web") {
    return grpcStatus(contentType, Code.Unimplemented, `unknown method ${shortened(path)}`);
  }
  return plain(404, "not found: this port speaks gRPC, gRPC-Web and Connect\n");
}

/** What is said to a request with another method than an RPC takes. */
export function wrongMethod(takesGet: boolean): Refusal {
  if (takesGet) return plain(405, "this RPC is called with POST or GET\n", ["allow", "GET, POST"]);
  return plain(405, "RPCs are called with POST\n", ["allow", "POST"]);
}

/** What is said to a request whose content type is of no protocol. */
export const unknownType: Refusal = plain(
  415,
  "not a content type of gRPC, gRPC-Web or Connect\n",
  [
    "accept-post",
    "application/grpc, application/grpc-web, application/grpc-web-text, application/proto, " +
    "application/json",
  ],
);

/** What is said to a request over HTTP/1.1 for what takes more. */
export const http2Needed: Refusal = plain(505, "this RPC needs HTTP/2\n");

/** Codes that a request may be refused with before it is looked at, as the protocols have them. */
const codes = {
  "permission_denied": { grpc: Code.PermissionDenied, http: 403 },
  "resource_exhausted": { grpc: Code.ResourceExhausted, http: 429 },
} as const;

/** What is said to a request that is refused whatever it asks for, in the words of its protocol. */
export function refused(code: keyof typeof codes, message: string, contentType: string): Refusal {
  const { grpc, http } = codes[code];
  const protocol = protocolOf(contentType);
  if (protocol === "grpc" || protocol === "grpc-web") return grpcStatus(contentType, grpc, message);
  if (contentType === "") return plain(http, `${message}\n`);
  const text = JSON.stringify({ code, message });
  return { status: http, headers: [["content-type", "application/json"]], text };
}

/** Refuses one request too many at once: its body, which may never end, is not waited for. */
export function overloaded(message: string, request: H2Request): H2Response {
  return answerOf(refused("resource_exhausted", message, contentTypeOf(request)));
}

/** Refuses a request once a short body of it is read. */
export async function refuse(refusal: Refusal, request: H2Request): Promise<H2Response> {
  if (!contentTypeOf(request).startsWith("application/grpc")) await skipSome(request.body);
  return answerOf(refusal);
}

/**
 * Reads a short body to its end. Answering before leads to RST_STREAM with NO_ERROR (RFC 9113
 * section 8.1), which curl 7.88 takes for a failure when it comes together with the answer.
 */
async function skipSome(body: AsyncIterable<Uint8Array>): Promise<void> {
  let skipped = 0;
  for await (const chunk of body) {
    skipped += chunk.length;
    if (skipped > skippedBytes) return;
  }
}

/** A refusal as a handler answers it. */
export function answerOf({ status, headers, text }: Refusal): H2Response {
  if (text === "") return { status, headers };
  return { status, headers, body: new OneChunk(new TextEncoder().encode(text)) };
}

/** A response of headers only, as the gRPC protocol has it. */
function grpcStatus(contentType: string, code: Code, message: string): Refusal {
  const protocol = isWebText(contentType) ? "grpc-web-text" : protocolOf(contentType);
  return {
    status: 200,
    headers: [
      ["content-type", `application/${protocol}`],
      ["grpc-status", String(code)],
      ["grpc-message", encodeURIComponent(message)],
    ],
    text: "",
  };
}

function plain(
  status: number,
  text: string,
  ...more: readonly (readonly [string, string])[]
): Refusal {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"], ...more], text };
}

const needsTls = `${
  JSON.stringify({
    code: "failed_precondition",
    message: "this port speaks TLS: ask it by https, or by maglevc --tls",
  })
}\n`;

/**
 * The answer to a request that comes without TLS where there is. It is Connect's way to tell of
 * errors, so that clients of that repeat it.
 */
export const toPlainText: Uint8Array = new TextEncoder().encode(
  "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n" +
    `content-length: ${needsTls.length}\r\nconnection: close\r\n\r\n${needsTls}`,
);
