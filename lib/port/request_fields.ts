import type { H2Field, H2Request } from "../h2/mod.ts";

/** What a field of a request says, where it is there for the first time; empty if it is not. */
export function valueOf({ headers }: Pick<H2Request, "headers">, wanted: string): string {
  return headers.find(([name]) => name === wanted)?.[1] ?? "";
}

/** The families of protocols, told apart by the content type of the request. */
export type Protocol = "grpc" | "grpc-web" | "connect-stream" | "connect";

/** The protocol that a content type belongs to; unary Connect when it is nothing special. */
export function protocolOf(contentType: string): Protocol {
  const type = contentType.toLowerCase();
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  if (type.startsWith("application/grpc")) return "grpc";
  if (type.startsWith("application/connect+")) return "connect-stream";
  return "connect";
}

/** The content type that a request says it has; empty if it says none. */
export function contentTypeOf({ headers }: Pick<H2Request, "headers">): string {
  return valueOf({ headers }, "content-type");
}

/** gRPC-Web in base64, for browsers' requests that can carry text only. */
export const webTextType = /^application\/grpc-web-text(?=$|\+|;)/i;
/** Whether a content type is that of gRPC-Web in base64. */
export function isWebText(contentType: string): boolean {
  return webTextType.test(contentType);
}

/** Whether `Accept-Encoding` names gzip, and not to refuse it (RFC 9110 section 12.5.3). */
export function takesGzip(headers: readonly H2Field[]): boolean {
  return headers
    .filter(([name]) => name === "accept-encoding")
    .flatMap(([, value]) => value.toLowerCase().split(","))
    .some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(coding));
}
