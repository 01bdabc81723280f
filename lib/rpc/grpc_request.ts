import type { H2Request } from "../h2/mod.ts";

/** What the direct path needs to know of a gRPC request's header. */
export interface GrpcHeader {
  /** `grpc-timeout` as sent. */
  readonly timeout: string | null;
  /** Whether the client takes gzip. */
  readonly gzip: boolean;
}

/**
 * The header of a plain gRPC call: POST, protobuf, not compressed, nothing said twice. Undefined
 * for all others, which Connect's handlers judge.
 */
export function plainGrpcHeader({ method, headers }: H2Request): GrpcHeader | undefined {
  if (method !== "POST") return undefined;
  let plain = false;
  let timeout: string | null = null;
  let gzip = false;
  for (const [name, value] of headers) {
    switch (name) {
      case "content-type":
        if (value !== "application/grpc" && value !== "application/grpc+proto") return undefined;
        plain = true;
        break;
      case "grpc-encoding":
        if (value !== "identity") return undefined;
        break;
      case "grpc-timeout":
        if (timeout !== null) return undefined;
        timeout = value;
        break;
      case "grpc-accept-encoding":
        gzip ||= value.split(",").some((each) => each.trim() === "gzip");
        break;
    }
  }
  return plain ? { timeout, gzip } : undefined;
}
