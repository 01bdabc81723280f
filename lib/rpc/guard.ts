import { isMessage, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { denial, type Principal, type Role, roleOfMethod } from "../access/mod.ts";
import type { FailedLogins } from "../port/mod.ts";
import type { Audit } from "./audit.ts";
import { codeName } from "./errors.ts";
import type { CallContext, Rpc, UnaryRpc } from "./rpc.ts";

/** What calls are guarded with. */
export interface GuardDeps {
  /** Hears of what changes something, and of what is refused. */
  readonly audit: Audit;
  /** Who shows something wrong waits here for the answer. */
  readonly failures: FailedLogins;
}

/**
 * The same RPC for those who may call it. Every call comes by here, in whatever protocol and over
 * whatever version of HTTP; what changes something, and what is refused, goes into the audit.
 */
export function guarded(rpc: Rpc, deps: GuardDeps): Rpc {
  if (rpc.kind === "unary") return { ...rpc, call: guardedCall(rpc, deps) };
  return {
    ...rpc,
    call: (requests: Message | AsyncIterable<Message>, context: CallContext) => {
      const request = isMessage(requests) ? requests : undefined;
      const by = context.principal;
      const refusal = refuse(rpc, deps, by, request);
      if (!refusal) return rpc.call(requests, context);
      const failure = answered(refusal, deps, by);
      return { [Symbol.asyncIterator]: () => ({ next: () => failure }) };
    },
  };
}

function guardedCall(rpc: UnaryRpc, deps: GuardDeps): UnaryRpc["call"] {
  const { method, call, settle } = rpc;
  return (request, context) => {
    const by = context.principal;
    const refusal = refuse(rpc, deps, by, request);
    if (refusal) return answered(refusal, deps, by);
    const audited = rpc.audited?.(request);
    if (!audited || isDry(request)) return call(request, context);
    const work = () => call(request, context);
    const reply = deps.audit.carryOut(by, method.name, audited, work);
    if (!settle) return reply;
    // What has been done is told of already: what it still waits for is no part of it.
    return Promise.resolve(reply).then((done) => settle(request, done, context));
  };
}

/** Why a call is refused, after the audit has heard of it; undefined if it is not. */
function refuse(
  rpc: Rpc,
  { audit }: GuardDeps,
  by: Principal,
  request: Message | undefined,
): ConnectError | undefined {
  const refusal = refusalOf(by, neededRole(rpc, request));
  if (!refusal) return undefined;
  const target = rpc.kind === "unary" && request ? rpc.audited?.(request).target ?? "" : "";
  const { code, rawMessage } = refusal;
  audit.refused(by, rpc.method.name, target, codeName(code), rawMessage);
  return refusal;
}

/** Throws a refusal at once, or rejects with it when whoever has failed may hear of it. */
function answered(
  refusal: ConnectError,
  { failures }: GuardDeps,
  { peer, isFailure }: Principal,
): Promise<never> {
  if (!isFailure) throw refusal;
  return failures.pause(peer).then(() => {
    throw refusal;
  });
}

/** Whether a request only asks what a change would come to. */
function isDry(request: Message): boolean {
  return "dryRun" in request && request.dryRun === true;
}

/**
 * What a call takes that makes this request; `request` is undefined where there are many. Throws
 * InvalidArgument.
 */
export function neededRole(rpc: Rpc, request: Message | undefined): Role {
  const { parent, name } = rpc.method;
  const role = rpc.kind === "stream" && request ? rpc.role?.(request) : undefined;
  return role ?? roleOfMethod(`${parent.typeName}/${name}`);
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
