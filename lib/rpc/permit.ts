import { type DescMethod, isMessage, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { debugEventsRole, denial, type Principal, type Role, roleOfMethod } from "../access/mod.ts";
import { WatchRequestSchema } from "../gen/maglev_pb.ts";
import { watchFilter } from "./watch/filter.ts";

/** Throws PermissionDenied unless whoever calls may. `request` is undefined where there are many. */
export type Permit = (principal: Principal, request: Message | undefined) => void;

/**
 * Decides about calls of one method. Every call comes by here, in whatever protocol and over
 * whatever version of HTTP, and is answered only if this does not throw.
 */
export function permitFor(method: DescMethod): Permit {
  const usual = roleOfMethod(`${method.parent.typeName}/${method.name}`);
  return (principal, request) => {
    const reason = denial(principal, request ? neededFor(request, usual) : usual);
    if (reason !== undefined) throw new ConnectError(reason, Code.PermissionDenied);
  };
}

/** What a request takes that its method alone does not tell. Throws InvalidArgument. */
function neededFor(request: Message, usual: Role): Role {
  if (!isMessage(request, WatchRequestSchema)) return usual;
  return watchFilter(request).log === "debug" ? debugEventsRole : usual;
}
