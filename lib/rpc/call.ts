import { isMessage, type Message } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Role } from "../access/mod.ts";
import type { Logger } from "../log/mod.ts";
import { type Clock, oneByOne } from "../time/mod.ts";
import type { Reply } from "./answer.ts";
import { abortReason, codeName, type RpcCode, toConnectError } from "./errors.ts";
import { type GuardDeps, guarded, neededRole, refusalOf } from "./guard.ts";
import { type RpcMethod, rpcMethod } from "./rpc.ts";
import type { CallContext, Rpc, StreamRpc, UnaryRpc } from "./rpc.ts";
import { ObservedStream, type StreamRegistry } from "./streams.ts";

/**
 * Told about each RPC, for metrics. Only methods of `apiMethods()` are named, whatever a peer
 * asks for, so the number of series is bounded. Called on the hot path: must be cheap.
 */
export interface RpcObserver {
  /** A request for the method has arrived. */
  started(rpc: RpcMethod): void;
  /** The RPC has ended, `seconds` after it started. Follows each `started` exactly once. */
  handled(rpc: RpcMethod, code: RpcCode, seconds: number): void;
  /** A request message was read. */
  msgReceived(rpc: RpcMethod): void;
  /** A response message was handed to the transport. */
  msgSent(rpc: RpcMethod): void;
}

/** What every call reports to and depends on. */
export interface CallDeps extends GuardDeps {
  readonly observer: RpcObserver;
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The same RPC, with all that calls have in common: only who may call it is answered, errors become
 * statuses, a call that nobody waits for any more ends, shutdown ends streams, and the observer is
 * told.
 */
export function instrumented(rpc: Rpc, deps: CallDeps): Rpc {
  const open = guarded(rpc, deps);
  return open.kind === "unary" ? instrumentedUnary(open, deps) : instrumentedStream(open, deps);
}

function instrumentedUnary(rpc: UnaryRpc, deps: CallDeps): UnaryRpc {
  const name = rpcMethod(rpc.method);
  return {
    ...rpc,
    call(request, context) {
      const report = new CallReport(name, deps, context);
      report.received();
      try {
        const response = rpc.call(request, context);
        if (response instanceof Promise) {
          return settle(response, context.signal, report, deps.streams);
        }
        return report.succeed(response);
      } catch (error) {
        throw report.fail(error);
      }
    },
  };
}

/** Waits for the response, but not longer than the client does. */
async function settle(
  response: Promise<Reply>,
  signal: AbortSignal,
  report: CallReport,
  streams: StreamRegistry,
): Promise<Reply> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(abortReason(signal, streams.closed));
  signal.addEventListener("abort", abort);
  try {
    if (signal.aborted) abort();
    return report.succeed(await Promise.race([response, aborted.promise]));
  } catch (error) {
    throw report.fail(error);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function instrumentedStream(rpc: StreamRpc, deps: CallDeps): StreamRpc {
  const name = rpcMethod(rpc.method);
  const inTurn = oneByOne(deps.clock);
  return {
    ...rpc,
    call(requests, context) {
      const report = new CallReport(name, deps, context);
      const request = isMessage(requests) ? requests : undefined;
      if (request) report.received();
      // Thousands of requests may come in one piece.
      const input = isMessage(requests) ? requests : tap(requests, async () => {
        await inTurn();
        report.received();
      });
      let needed: Role | undefined;
      const open = () => {
        needed = neededRole(rpc, request);
        const replies = rpc.call(input, context);
        if (request) empty(request);
        return replies;
      };
      return observed(open, context, report, deps.streams, () => needed);
    },
  };
}

/** Lets go of all that a message says, where whoever called cannot let go of the message. */
function empty(message: Message): void {
  for (const key of Object.keys(message)) {
    if (key !== "$typeName") Reflect.deleteProperty(message, key);
  }
}

async function* tap<T>(items: AsyncIterable<T>, each: () => Promise<void>): AsyncIterable<T> {
  for await (const item of items) {
    await each();
    yield item;
  }
}

function observed(
  open: () => AsyncIterable<Reply>,
  { signal, principal }: CallContext,
  report: CallReport,
  streams: StreamRegistry,
  needed: () => Role | undefined,
): AsyncIterable<Reply> {
  const abort = () => stream.fail(abortReason(signal, streams.closed));
  const leave = () => {
    signal.removeEventListener("abort", abort);
    streams.delete(stream);
  };
  const stream = new ObservedStream(open, {
    sent: () => report.sent(),
    succeeded: () => {
      leave();
      report.answered();
    },
    failed: (error) => {
      leave();
      return report.fail(error);
    },
    notReleased: (error) => report.surprise(error),
  });
  signal.addEventListener("abort", abort);
  streams.add(stream, {
    review: () => {
      const role = needed();
      return role && principal.now && refusalOf(principal.now(), role);
    },
    mayEnd: principal.method === "certificate",
  });
  if (signal.aborted) abort();
  return stream;
}

/** Tells the observer about one call. A call that was answered is over once that has been sent. */
class CallReport {
  readonly #start: number;
  /** What it has taken so far: how fast a client reads is not our doing. */
  #seconds: number | undefined;
  #isHandled = false;

  constructor(
    private readonly name: RpcMethod,
    private readonly deps: CallDeps,
    private readonly context: CallContext,
  ) {
    this.#start = deps.clock.now();
    deps.observer.started(name);
    context.onEnd?.((error, isUnsent) => this.#over(error, isUnsent));
  }

  received(): void {
    this.deps.observer.msgReceived(this.name);
  }

  sent(): void {
    this.deps.observer.msgSent(this.name);
  }

  /** All is said; it may still have to be sent. */
  answered(): void {
    this.#seconds = (this.deps.clock.now() - this.#start) / 1000;
    if (!this.context.onEnd) this.#handled(0);
  }

  succeed(response: Reply): Reply {
    this.sent();
    this.answered();
    return response;
  }

  /** The status for `error`, counted; a surprise is logged with its cause. */
  fail(error: unknown): ConnectError {
    const status = toConnectError(error);
    this.#handled(status.code);
    if (status.code === Code.Internal && status.cause !== undefined) this.surprise(status.cause);
    return status;
  }

  #over(error: ConnectError | undefined, isUnsent: boolean): void {
    if (isUnsent) {
      const { service, method } = this.name;
      const { peer } = this.context.principal;
      const told = { method: `${service}/${method}`, peer, err: error?.rawMessage };
      this.deps.log.debug("grpc-answer-unsent", told);
    }
    if (this.#isHandled) return;
    if (error) this.fail(error);
    else this.#handled(0);
  }

  /** The call has ended with `code`; 0 is success. */
  #handled(code: Code | 0): void {
    if (this.#isHandled) return;
    this.#isHandled = true;
    const seconds = this.#seconds ?? (this.deps.clock.now() - this.#start) / 1000;
    this.deps.observer.handled(this.name, codeName(code), seconds);
  }

  /**
   * Something was thrown that is not meant for the client. It is a defect, but whoever found the
   * request that brings it about can do so again: nothing that calls for an operator at night.
   */
  surprise(cause: unknown): void {
    const { service, method } = this.name;
    this.deps.log.warn("grpc-handler-error", {
      method: `${service}/${method}`,
      err: cause instanceof Error ? cause.stack ?? cause.message : String(cause),
    });
  }
}
