import { type DescMessage, fromBinary, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { parseTimeout, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { Principal } from "../access/mod.ts";
import type { H2Field, H2Request, H2Response } from "../h2/mod.ts";
import { reasonOf } from "../log/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { type Answer, answerOf, AnswerStream } from "./answer.ts";
import type { Identify } from "./caller.ts";
import { envelopeHeaderBytes, lastEnvelope } from "./envelopes.ts";
import { invalid, toConnectError } from "./errors.ts";
import { GrpcStreamBody } from "./grpc_stream_body.ts";
import type { Shortcut } from "./http_adapter.ts";
import type { Intake } from "./intake.ts";
import { quickBytes, requestOptions } from "./limits.ts";
import { compressed, OneChunk, type Outbox, parcel } from "./outbox.ts";
import { type CallContext, type Rpc, rpcPath, type ServerStreamRpc, type UnaryRpc } from "./rpc.ts";
import type { MessageLimits } from "./universal.ts";

/** What the direct path works with. */
export interface DirectOptions extends MessageLimits {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly intake: Intake;
  readonly identify: Identify;
}

const contentType: H2Field = ["content-type", "application/grpc+proto"];
const plainHeaders: readonly H2Field[] = [contentType];
const gzipHeaders: readonly H2Field[] = [contentType, ["grpc-encoding", "gzip"]];
const okTrailers: readonly H2Field[] = [["grpc-status", "0"]];

/**
 * Shortcuts for uncompressed gRPC calls with one request message. Connect's handlers give the
 * same answers, and get everything that is out of the ordinary; but their layers of generators
 * and copied headers cost several times what an RPC answered from memory does
 * (docs/performance/rpc.md).
 */
export function grpcShortcuts(
  rpcs: readonly Rpc[],
  options: DirectOptions,
): ReadonlyMap<string, Shortcut> {
  const shortcuts = new Map<string, Shortcut>();
  for (const rpc of rpcs) {
    if (rpc.kind !== "bidi_streaming") shortcuts.set(rpcPath(rpc), shortcut(rpc, options));
  }
  return shortcuts;
}

function shortcut(rpc: UnaryRpc | ServerStreamRpc, options: DirectOptions): Shortcut {
  const run = rpc.kind === "unary" ? answer.bind(undefined, rpc) : stream.bind(undefined, rpc);
  return (request) => {
    const header = plainGrpcHeader(request);
    return header && run(request, header, options);
  };
}

async function answer(
  rpc: UnaryRpc,
  request: H2Request,
  header: GrpcHeader,
  options: DirectOptions,
): Promise<H2Response> {
  let context: DeadlineContext | undefined;
  try {
    context = openContext(request, header, options);
    const message = await readOne(rpc.method.input, "unary", request, options);
    context.check();
    const called = rpc.call(message, context);
    const reply = called instanceof Promise ? await called : called;
    return await respond(answerOf(rpc.method.output, reply, true), request, header, options);
  } catch (error) {
    return { status: 200, headers: [contentType, ...statusFields(toConnectError(error))] };
  } finally {
    context?.close();
  }
}

async function stream(
  rpc: ServerStreamRpc,
  request: H2Request,
  header: GrpcHeader,
  options: DirectOptions,
): Promise<H2Response> {
  try {
    const context = openContext(request, header, options);
    const message = await readOne(rpc.method.input, "server-streaming", request, options);
    context.check();
    const replies = rpc.call(message, context)[Symbol.asyncIterator]();
    const body = new GrpcStreamBody(
      new AnswerStream(replies, rpc.method.output, true),
      (octets) => options.outbox.hold(request.connection, octets),
      () => context.close(),
    );
    const trailers = () => body.error ? statusFields(body.error) : okTrailers;
    return { status: 200, headers: plainHeaders, body, trailers };
  } catch (error) {
    return { status: 200, headers: [contentType, ...statusFields(toConnectError(error))] };
  }
}

function openContext(
  request: H2Request,
  { timeout }: GrpcHeader,
  { clock, identify }: DirectOptions,
): DeadlineContext {
  const { timeoutMs, error } = parseTimeout(timeout, Number.MAX_SAFE_INTEGER);
  if (error) throw error;
  return new DeadlineContext(request, identify(request), clock, timeoutMs);
}

/** The only message of a request. */
async function readOne(
  schema: DescMessage,
  kind: string,
  { body, connection }: H2Request,
  { readMaxBytes, intake, clock }: DirectOptions,
): Promise<Message> {
  let first: Message | undefined;
  const meter = intake.open(connection);
  for await (const envelope of lastEnvelope(body, { maxBytes: readMaxBytes, meter })) {
    if (envelope.length > quickBytes && clock.turn.isOver) await clock.turn.next();
    const message = decode(schema, envelope);
    if (first) {
      throw new ConnectError(`more than one message for a ${kind} method`, Code.Unimplemented);
    }
    first = message;
  }
  if (!first) throw new ConnectError(`no message for a ${kind} method`, Code.Unimplemented);
  return first;
}

/** A message out of its envelope. */
function decode(schema: DescMessage, envelope: Uint8Array): Message {
  const { byteOffset, length } = envelope;
  const isComplete = length >= envelopeHeaderBytes &&
    new DataView(envelope.buffer, byteOffset).getUint32(1) === length - envelopeHeaderBytes;
  if (!isComplete) {
    throw invalid("protocol error: incomplete envelope");
  }
  if (envelope[0] !== 0) {
    throw new ConnectError(
      "the message is compressed, but grpc-encoding is not set",
      Code.Internal,
    );
  }
  try {
    return fromBinary(schema, envelope.subarray(envelopeHeaderBytes), requestOptions);
  } catch (error) {
    throw new ConnectError(`cannot decode ${schema.typeName}: ${reasonOf(error)}`, Code.Internal);
  }
}

async function respond(
  answer: Answer,
  { connection }: H2Request,
  { gzip }: GrpcHeader,
  options: DirectOptions,
): Promise<H2Response> {
  const plain = parcel(answer, connection, options);
  const packing = gzip && answer.length >= options.compressMinBytes;
  const { octets, release } = packing ? await compressed(plain, connection, options) : plain;
  return {
    status: 200,
    headers: octets === plain.octets ? plainHeaders : gzipHeaders,
    body: new OneChunk(octets, release),
    trailers: () => okTrailers,
  };
}

function statusFields(error: ConnectError): readonly H2Field[] {
  return [...setTrailerStatus(new Headers(), error)];
}

/** What the direct path needs to know of a gRPC request's header. */
export interface GrpcHeader {
  /** `grpc-timeout` as sent. */
  readonly timeout: string | null;
  /** Whether the client takes gzip. */
  readonly gzip: boolean;
}

/**
 * The header of a plain gRPC call: POST, protobuf, not compressed, nothing said twice. Undefined
 * for all others, which Connect's handlers judge.
 */
export function plainGrpcHeader({ method, headers }: H2Request): GrpcHeader | undefined {
  if (method !== "POST") return undefined;
  let plain = false;
  let timeout: string | null = null;
  let gzip = false;
  for (const [name, value] of headers) {
    switch (name) {
      case "content-type":
        if (value !== "application/grpc" && value !== "application/grpc+proto") return undefined;
        plain = true;
        break;
      case "grpc-encoding":
        if (value !== "identity") return undefined;
        break;
      case "grpc-timeout":
        if (timeout !== null) return undefined;
        timeout = value;
        break;
      case "grpc-accept-encoding":
        gzip ||= value.split(",").some((each) => each.trim() === "gzip");
        break;
    }
  }
  return plain ? { timeout, gzip } : undefined;
}

/**
 * The context of one call with a deadline. The signal is made only when it is asked for, since
 * most calls are answered from memory before anything could be aborted.
 */
export class DeadlineContext implements CallContext {
  readonly binary = true;
  readonly #end: number | undefined;
  #controller: AbortController | undefined;
  #timer: Timer | undefined;

  /** `timeoutMs` counts from now; the request's signal aborts when the client goes away. */
  constructor(
    private readonly request: { readonly signal: AbortSignal },
    readonly principal: Principal,
    private readonly clock: Clock,
    timeoutMs: number | undefined,
  ) {
    this.#end = timeoutMs === undefined ? undefined : clock.now() + timeoutMs;
  }

  get signal(): AbortSignal {
    if (this.#end === undefined) return this.request.signal;
    return (this.#controller ??= this.#arm(this.#end)).signal;
  }

  /** Throws DeadlineExceeded when there is no time left. */
  check(): void {
    if (this.#end !== undefined && this.clock.now() >= this.#end) throw exceeded();
  }

  /** Frees the timer. */
  close(): void {
    if (!this.#controller) return;
    this.#timer?.cancel();
    this.request.signal.removeEventListener("abort", this.#abort);
  }

  #arm(end: number): AbortController {
    const controller = new AbortController();
    this.#controller = controller;
    this.#timer = this.clock.after(end - this.clock.now(), () => controller.abort(exceeded()));
    const { signal } = this.request;
    signal.addEventListener("abort", this.#abort);
    if (signal.aborted) this.#abort();
    return controller;
  }

  #abort = (): void => this.#controller?.abort(this.request.signal.reason);
}

function exceeded(): ConnectError {
  return new ConnectError("the operation timed out", Code.DeadlineExceeded);
}
