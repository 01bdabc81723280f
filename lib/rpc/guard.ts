import type { DescMethod, Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Reply } from "./answer.ts";
import type { Audit } from "./audit.ts";
import { permitFor } from "./permit.ts";
import type { CallContext, Rpc, UnaryRpc } from "./rpc.ts";

/**
 * The same RPC for those who may call it. Every call comes by here, in whatever protocol and over
 * whatever version of HTTP; what changes something, and what is refused, goes into the audit.
 */
export function guarded(rpc: Rpc, audit: Audit): Rpc {
  const admit = admission(rpc.method, rpc.kind === "unary" ? rpc.deed : undefined, audit);
  switch (rpc.kind) {
    case "unary":
      return { ...rpc, call: guardedCall(rpc, admit, audit) };
    case "server_streaming":
      return {
        ...rpc,
        call(request: Message, context: CallContext) {
          admit(context, request);
          return rpc.call(request, context);
        },
      };
    case "bidi_streaming":
      return {
        ...rpc,
        call(requests: AsyncIterable<Message>, context: CallContext) {
          admit(context, undefined);
          return rpc.call(requests, context);
        },
      };
  }
}

function guardedCall(
  { method, call, deed: deedOf, settle }: UnaryRpc,
  admit: Admission,
  audit: Audit,
): UnaryRpc["call"] {
  return (request, context) => {
    admit(context, request);
    const deed = deedOf?.(request);
    if (!deed || isDry(request)) return call(request, context);
    const work = () => call(request, context);
    const reply = audit.carryOut(context.principal, method.name, deed, work);
    return settle ? settled(reply, (done) => settle(request, done)) : reply;
  };
}

/** What has been done is told of already: what it still waits for is no part of it. */
async function settled(
  reply: Reply | Promise<Reply>,
  settle: (reply: Reply) => Promise<void>,
): Promise<Reply> {
  const done = await reply;
  await settle(done);
  return done;
}

/** Throws PermissionDenied unless whoever calls may. */
type Admission = (context: CallContext, request: Message | undefined) => void;

function admission(method: DescMethod, deedOf: UnaryRpc["deed"], audit: Audit): Admission {
  const permit = permitFor(method);
  return ({ principal }, request) => {
    const reason = permit(principal, request);
    if (reason === undefined) return;
    const target = request ? deedOf?.(request).target ?? "" : "";
    audit.refused(principal, method.name, target, reason);
    throw new ConnectError(reason, Code.PermissionDenied);
  };
}

/** Whether a request only asks what a change would come to. */
function isDry(request: Message): boolean {
  return "dryRun" in request && request.dryRun === true;
}
