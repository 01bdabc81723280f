import {
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  isMessage,
  type Message,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { Principal, Role } from "../access/mod.ts";
import type { Answer, Reply } from "./answer.ts";
import type { AuditedChange } from "./audit.ts";

/** How an RPC streams, as the `grpc_type` label spells it. */
export type RpcType = "unary" | "client_stream" | "server_stream" | "bidi_stream";

/** One RPC that the server answers. */
export interface RpcMethod {
  /** Such as `maglev.Maglev`. */
  readonly service: string;
  /** Such as `GetBackend`. */
  readonly method: string;
  /** How it streams. */
  readonly type: RpcType;
}

/** What an implementation may know of the call that it answers. */
export interface CallContext {
  /** Aborts, with a ConnectError as reason where there is one, when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Who calls, and from where. */
  readonly principal: Principal;
  /** Whether messages travel as protobuf; otherwise they travel as JSON. */
  readonly binary: boolean;
  /** Has `listener` called when the answer is over; absent where it is sent to nobody. */
  readonly onEnd?: (listener: EndListener) => void;
}

/**
 * Hears that an answer has been sent, or with an error that it was not, or broke off; `isUnsent`
 * where nobody takes it. Only the first call tells how the answer ended.
 */
export type EndListener = (error: ConnectError | undefined, isUnsent: boolean) => void;

/** An RPC with one request and one response. */
export interface UnaryRpc {
  readonly kind: "unary";
  readonly method: DescMethodUnary;
  readonly call: (request: Message, context: CallContext) => Reply | Promise<Reply>;
  /** What a request would change, for methods that change something. */
  readonly audited?: (request: Message) => AuditedChange<Reply>;
  /** What the answer waits for when the change is done and told of; it may be another one then. */
  readonly settle?: (request: Message, reply: Reply, context: CallContext) => Promise<Reply>;
}

/**
 * An RPC with many responses, to one request or to many. A single request is emptied once the stream
 * is open, so that a stream of hours does not hold it: what is still needed of it has to be taken
 * out by then.
 */
export interface StreamRpc {
  readonly kind: "stream";
  readonly method: DescMethodServerStreaming | DescMethodBiDiStreaming;
  readonly call: (
    requests: Message | AsyncIterable<Message>,
    context: CallContext,
  ) => AsyncIterable<Reply>;
  /** What a single request takes, where that is more than its method says. Throws InvalidArgument. */
  readonly role?: (request: Message) => Role | undefined;
}

/** A method and what answers it. The server is a table of these. */
export type Rpc = UnaryRpc | StreamRpc;

/** Whether a call of it has many requests, which may go on while it is answered. */
export function takesMany({ method }: Rpc): boolean {
  return method.methodKind === "bidi_streaming";
}

/** A message of one type, or one that is written already. */
export type ReplyOf<O extends DescMessage> = MessageShape<O> | Answer;

/** A row for an RPC with one request and one response. */
export function unary<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  call: (request: MessageShape<I>, context: CallContext) => ReplyOf<O> | Promise<ReplyOf<O>>,
): UnaryRpc {
  return { kind: "unary", method, call: call as UnaryRpc["call"] };
}

/**
 * The same for one that changes something; `audited` tells what, and `settle` is what the answer waits
 * for then.
 */
export function change<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  audited: (request: MessageShape<I>) => AuditedChange<Reply>,
  call: Parameters<typeof unary<I, O>>[1],
  settle?: (
    request: MessageShape<I>,
    reply: MessageShape<O>,
    context: CallContext,
  ) => Promise<ReplyOf<O>>,
): UnaryRpc {
  return {
    ...unary(method, call),
    audited: audited as Required<UnaryRpc>["audited"],
    ...(settle && {
      async settle(request, reply, context) {
        if (!isMessage(reply, method.output)) return reply;
        return await settle(request as MessageShape<I>, reply, context);
      },
    }),
  };
}

/** A row for an RPC with one request and many responses. */
export function serverStream<I extends DescMessage, O extends DescMessage>(
  method: DescMethodServerStreaming<I, O>,
  call: (request: MessageShape<I>, context: CallContext) => AsyncIterable<ReplyOf<O>>,
  role: (request: MessageShape<I>) => Role | undefined = () => undefined,
): StreamRpc {
  return {
    kind: "stream",
    method,
    call: call as StreamRpc["call"],
    role: role as Required<StreamRpc>["role"],
  };
}

/** A row for an RPC with many requests and many responses. */
export function bidiStream<I extends DescMessage, O extends DescMessage>(
  method: DescMethodBiDiStreaming<I, O>,
  call: (
    requests: AsyncIterable<MessageShape<I>>,
    context: CallContext,
  ) => AsyncIterable<ReplyOf<O>>,
): StreamRpc {
  return { kind: "stream", method, call: call as StreamRpc["call"] };
}

/** The HTTP path of a method: `/maglev.Maglev/GetBackend`. */
export function rpcPath({ method }: Rpc): string {
  return `/${method.parent.typeName}/${method.name}`;
}

const streamTypes: Readonly<Record<DescMethod["methodKind"], RpcType>> = {
  unary: "unary",
  client_streaming: "client_stream",
  server_streaming: "server_stream",
  bidi_streaming: "bidi_stream",
};

/** What metrics call a method of the wire contract. */
export function rpcMethod(method: DescMethod): RpcMethod {
  return {
    service: method.parent.typeName,
    method: method.name,
    type: streamTypes[method.methodKind],
  };
}
