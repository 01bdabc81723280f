import { Code, ConnectError } from "@connectrpc/connect";
import { CheckerError } from "../checker/mod.ts";
import { VppError } from "../vpp/mod.ts";
import { fitting, quoted } from "./status_text.ts";
import { rpcCodes } from "./types.ts";
import type { RpcCode } from "./types.ts";

const codes = {
  "not-found": Code.NotFound,
  "failed-precondition": Code.FailedPrecondition,
  "invalid-argument": Code.InvalidArgument,
  "unavailable": Code.Unavailable,
} as const;

/**
 * The status that a client gets for `error`. What is not meant for operators becomes Internal
 * without its message, which may hold anything; the cause stays for the log.
 */
export function toConnectError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return fitting(error);
  if (error instanceof CheckerError || error instanceof VppError) {
    return fitting(new ConnectError(error.message, codes[error.kind]));
  }
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}

/** Why a call ended that nobody waits for any more, unless it is for the server's shutdown. */
export function abortReason(signal: AbortSignal, shutdown: ConnectError | undefined): ConnectError {
  const reason: unknown = signal.reason;
  if (reason instanceof ConnectError) return reason;
  return shutdown ?? new ConnectError("the client went away", Code.Canceled);
}

/** NotFound, with the name. */
export function notFound(what: string, name: string): ConnectError {
  return new ConnectError(`${what} ${quoted(name)} not found`, Code.NotFound);
}

/** The name of a status as metrics spell it. */
export function codeName(code: Code | 0): RpcCode {
  return rpcCodes[code] ?? "Unknown";
}
