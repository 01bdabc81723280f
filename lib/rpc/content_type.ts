import type { H2Request } from "../h2/mod.ts";

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
  return headers.find(([name]) => name === "content-type")?.[1] ?? "";
}
