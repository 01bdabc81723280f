import { reasonOf } from "../log/mod.ts";
import { errnoWords, NetError } from "../net/mod.ts";
import type { PortName } from "./budget.ts";

const purposes: Readonly<Record<PortName, string>> = {
  grpc: "gRPC",
  metrics: "metrics",
  web: "browsers",
};

/** Why the port cannot be opened, as a sentence. */
export class ListenError extends Error {
  /** Always `ListenError`. */
  override readonly name = "ListenError";
  /** Another listens there: no other address will do. */
  readonly portTaken: boolean;

  /** `where` is the address, `cause` what the system says. */
  constructor(where: string, name: PortName, cause: unknown) {
    super(`cannot listen on ${where} for ${purposes[name]}: ${listenReason(cause)}`, { cause });
    this.portTaken = cause instanceof Deno.errors.AddrInUse;
  }
}

function listenReason(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) return "another program listens there";
  if (cause instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE";
  }
  return cause instanceof NetError ? errnoWords(cause.errno) : reasonOf(cause);
}
