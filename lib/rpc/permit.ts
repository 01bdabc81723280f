import { type DescMethod, isMessage, type Message } from "@bufbuild/protobuf";
import { debugEventsRole, denial, type Principal, type Role, roleOfMethod } from "../access/mod.ts";
import { WatchRequestSchema } from "../gen/maglev_pb.ts";
import { watchFilter } from "./watch/filter.ts";

/**
 * Why whoever calls may not; undefined if it may. `request` is undefined where there are many.
 * Throws InvalidArgument.
 */
export type Permit = (principal: Principal, request: Message | undefined) => string | undefined;

/** Decides about calls of one method. */
export function permitFor(method: DescMethod): Permit {
  const usual = roleOfMethod(`${method.parent.typeName}/${method.name}`);
  return (principal, request) => denial(principal, request ? neededFor(request, usual) : usual);
}

/** What a request takes that its method alone does not tell. Throws InvalidArgument. */
function neededFor(request: Message, usual: Role): Role {
  if (!isMessage(request, WatchRequestSchema)) return usual;
  return watchFilter(request).log === "debug" ? debugEventsRole : usual;
}
