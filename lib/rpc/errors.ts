import { Code, ConnectError } from "@connectrpc/connect";
import { OperatorError } from "../events/mod.ts";
import { shortened } from "../port/mod.ts";

/** A status as the `grpc_code` label spells it. */
export type RpcCode = "OK" | keyof typeof Code;

/** All of them, by their number. */
export const rpcCodes = [
  "OK",
  ...Object.values(Code).filter((each) => typeof each === "string"),
] as readonly RpcCode[];

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
  if (error instanceof OperatorError) {
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

/** InvalidArgument: the request says what cannot be. */
export function invalid(text: string): ConnectError {
  return new ConnectError(text, Code.InvalidArgument);
}

/** ResourceExhausted: there is no more room. */
export function exhausted(text: string): ConnectError {
  return new ConnectError(text, Code.ResourceExhausted);
}

/** NotFound, with the name. */
export function notFound(what: string, name: string): ConnectError {
  return new ConnectError(`${what} ${quoted(name)} not found`, Code.NotFound);
}

/** The name of a status as metrics spell it. */
export function codeName(code: Code | 0): RpcCode {
  return rpcCodes[code] ?? "Unknown";
}

/**
 * Octets of a status' text as it travels in a header, percent-encoded. Clients take headers of 8
 * KiB in all, and fail in their own words at longer ones.
 */
const statusOctets = 4096;

/** A word of a client's for a status: quoted so that stray spaces show, and cut when it is long. */
export function quoted(word: string): string {
  return JSON.stringify(shortened(word));
}

/** The same status with as much of its text as fits into a header. */
export function fitting(status: ConnectError): ConnectError {
  const text = bounded(status.rawMessage);
  if (text === status.rawMessage) return status;
  const { code, metadata, cause } = status;
  return new ConnectError(text, code, metadata, undefined, cause);
}

/** As much of `text` as fits into a header: what does not is cut, with an ellipsis for it. */
function bounded(text: string): string {
  const whole = text.toWellFormed();
  if (encodedOctets(whole) <= statusOctets) return whole;
  let cut = whole.slice(0, statusOctets);
  for (let spare = encodedOctets(`${cut}…`) - statusOctets; spare > 0;) {
    cut = cut.slice(0, -Math.ceil(spare / longestCharacter)).toWellFormed();
    spare = encodedOctets(`${cut}…`) - statusOctets;
  }
  return `${cut}…`;
}

/** Octets of the longest UTF-16 unit, percent-encoded. */
const longestCharacter = 9;

function encodedOctets(text: string): number {
  return encodeURIComponent(text).length;
}
