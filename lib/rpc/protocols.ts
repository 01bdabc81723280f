import type { ConnectError } from "@connectrpc/connect";
import { encodeEnvelope, mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
  parseContentType as parseConnectType,
  parseTimeout as parseConnectTimeout,
} from "@connectrpc/connect/protocol-connect";
import {
  parseContentType as parseGrpcType,
  parseTimeout as parseGrpcTimeout,
  setTrailerStatus,
} from "@connectrpc/connect/protocol-grpc";
import {
  parseContentType as parseGrpcWebType,
  trailerFlag,
  trailerSerialize,
} from "@connectrpc/connect/protocol-grpc-web";
import type { H2Field, H2Response } from "../h2/mod.ts";
import { type Protocol, wholeAnswer } from "../port/mod.ts";

/** What one protocol has of its own. */
export interface ProtocolForm {
  /** How messages are written, by the content type of a request; undefined: not in this protocol. */
  readonly format: (contentType: string) => { readonly binary: boolean } | undefined;
  /** The content type of answers, to which `proto` or `json` is added. */
  readonly type: string;
  /** The fields that say how messages are compressed, and how they may be. */
  readonly encoding: string;
  readonly acceptEncoding: string;
  readonly timeout: string;
  readonly parseTimeout: typeof parseGrpcTimeout;
  /** The flag of envelopes that are no messages; 0 where there are none. */
  readonly endFlag: number;
  /** What a stream of messages ends with, in its body. */
  readonly end: (error: ConnectError | undefined) => Uint8Array | undefined;
}

const grpcFields = {
  encoding: "grpc-encoding",
  acceptEncoding: "grpc-accept-encoding",
  timeout: "grpc-timeout",
  parseTimeout: parseGrpcTimeout,
} as const;

const connectFields = { timeout: "connect-timeout-ms", parseTimeout: parseConnectTimeout } as const;

/** All protocols; what they have in common is in `http_adapter.ts`. */
export const protocols: Readonly<Record<Protocol, ProtocolForm>> = {
  "grpc": {
    ...grpcFields,
    format: parseGrpcType,
    type: "application/grpc+",
    endFlag: 0,
    end: () => undefined,
  },
  "grpc-web": {
    ...grpcFields,
    format: parseGrpcWebType,
    type: "application/grpc-web+",
    endFlag: trailerFlag,
    end: (error) => encodeEnvelope(trailerFlag, trailerSerialize(statusOf(error))),
  },
  "connect-stream": {
    ...connectFields,
    format: parseConnectType,
    type: "application/connect+",
    encoding: "connect-content-encoding",
    acceptEncoding: "connect-accept-encoding",
    endFlag: endStreamFlag,
    end(error) {
      const text = JSON.stringify(endStreamToJson(new Headers(), error, undefined));
      return encodeEnvelope(endStreamFlag, new TextEncoder().encode(text));
    },
  },
  "connect": {
    ...connectFields,
    format: parseConnectType,
    type: "application/",
    encoding: "content-encoding",
    acceptEncoding: "accept-encoding",
    endFlag: 0,
    end: () => undefined,
  },
};

function statusOf(error: ConnectError | undefined): Headers {
  const status = new Headers({ "grpc-status": "0" });
  if (error) setTrailerStatus(status, error);
  return status;
}

const ok: readonly H2Field[] = [["grpc-status", "0"]];

/** How a call of gRPC has ended, as its trailers say it. */
export function grpcTrailers(error: ConnectError | undefined): readonly H2Field[] {
  return error ? [...statusOf(error)] : ok;
}

/** What a unary call of Connect is answered that has failed; `hints` are for its header. */
export function connectFailure(error: ConnectError, hints: readonly H2Field[]): H2Response {
  const fields = new Headers();
  mergeNonProtocolHeaders(fields, error.metadata);
  const body = errorToJsonBytes(error, undefined);
  return wholeAnswer(codeToHttpStatus(error.code), "application/json", body, ...hints, ...fields);
}
