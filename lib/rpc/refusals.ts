import { protocolOf } from "./content_type.ts";
import { shortened } from "./status_text.ts";
import { isWebText } from "./web_text.ts";

/** A response without an RPC behind it. */
export interface Refusal {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

const unimplemented = "12";

/**
 * What is said about a path that is no RPC. gRPC clients cannot make sense of a 404: they get a
 * response of headers only with status UNIMPLEMENTED, as the gRPC protocol has it.
 */
export function unknownPath(path: string, contentType: string): Refusal {
  const protocol = protocolOf(contentType);
  if (protocol === "grpc" || protocol === "grpc-web") {
    const message = encodeURIComponent(`unknown method ${shortened(path)}`);
    return {
      status: 200,
      headers: [
        ["content-type", `application/${isWebText(contentType) ? "grpc-web-text" : protocol}`],
        ["grpc-status", unimplemented],
        ["grpc-message", message],
      ],
      text: "",
    };
  }
  return plain(404, "not found: this port speaks gRPC, gRPC-Web and Connect\n");
}

/** What is said when Connect's handlers refuse a request without words of their own. */
export function refusal(status: number): Refusal {
  switch (status) {
    case 405:
      return plain(405, "RPCs are called with POST\n", ["allow", "POST"]);
    case 415:
      return plain(
        415,
        "not a content type of gRPC, gRPC-Web or Connect\n",
        [
          "accept-post",
          "application/grpc, application/grpc-web, application/grpc-web-text, application/proto, " +
          "application/json",
        ],
      );
    case 505:
      return plain(505, "this RPC needs HTTP/2\n");
    default:
      return plain(status, "");
  }
}

function plain(
  status: number,
  text: string,
  ...more: readonly (readonly [string, string])[]
): Refusal {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"], ...more], text };
}
