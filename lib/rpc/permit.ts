import { type DescMethod, isMessage, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { debugEventsRole, denial, type Principal, type Role, roleOfMethod } from "../access/mod.ts";
import { WatchRequestSchema } from "../gen/maglev_pb.ts";
import { watchFilter } from "./watch/filter.ts";

/**
 * What a call takes that makes this request; `request` is undefined where there are many. Throws
 * InvalidArgument.
 */
export function neededRole(method: DescMethod, request: Message | undefined): Role {
  if (request && isMessage(request, WatchRequestSchema)) {
    // More than its method alone tells.
    if (watchFilter(request).log === "debug") return debugEventsRole;
  }
  return roleOfMethod(`${method.parent.typeName}/${method.name}`);
}

/**
 * Why whoever calls may not do what takes a role: PermissionDenied, or Unauthenticated for who is
 * not known at all. Undefined if it may.
 */
export function refusalOf(principal: Principal, needed: Role): ConnectError | undefined {
  const reason = denial(principal, needed);
  if (reason === undefined) return undefined;
  const code = principal.role === "none" ? Code.Unauthenticated : Code.PermissionDenied;
  return new ConnectError(reason, code);
}
