import { reasonOf } from "../../log/mod.ts";
import { formatRetval } from "./retval.ts";

/** VPP answered, and refused. */
export class RetvalError extends Error {
  override readonly name = "RetvalError";

  constructor(readonly api: string, readonly retval: number) {
    super(`VPP refused ${api}: ${formatRetval(retval)}`);
  }
}

/** No answer within the time allowed. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";

  constructor(readonly api: string, ms: number) {
    super(`VPP did not answer ${api} within ${ms} ms`);
  }
}

/** The connection is gone, or its bytes make no sense any more. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(reasonOf(thrown));
}

/** The VPP at the other end lacks messages, or has them with another layout. */
export class IncompatibleError extends Error {
  override readonly name = "IncompatibleError";
}
