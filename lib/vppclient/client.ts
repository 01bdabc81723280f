import {
  answerOf,
  appendFrame,
  type Call,
  type Dump,
  type FrameBuffer,
  type Message,
  type Values,
} from "../binapi/mod.ts";
import { controlPing, sockclntDelete } from "../gen/vpp.ts";
import { asError, LimitedLog, type LogAttributes, type Logger, type LogValue } from "../log/mod.ts";
import { type Clock, yieldIfDue } from "../time/mod.ts";
import { ConnectionError, IncompatibleError, RetvalError } from "./errors.ts";
import { encodeRequest } from "./guards.ts";
import type { MessageTable } from "./message_table.ts";
import { PendingRequests, type Waiting } from "./pending.ts";
import {
  closeOnce,
  decodeFrame,
  maxUnsent,
  receive,
  SendBuffer,
  type Transport,
} from "./transport.ts";

/** Told about each message, for metrics. */
export interface ApiObserver {
  /** A request sent or a reply received; failure is a retval other than 0, a timeout or garbage. */
  apiMessage(msg: string, direction: "send" | "recv", result: "success" | "failure"): void;
}

/** What a client works with. */
export interface ClientContext {
  readonly log: Logger;
  readonly clock: Clock;
  readonly observer?: ApiObserver | undefined;
  /** Milliseconds allowed per request unless it says otherwise. */
  readonly deadlineMs: number;
}

const goodbyeMs = 1_000;

/**
 * One connection to VPP's binary API, after the handshake. Any number of requests may be in
 * flight; VPP answers in order, but answers are matched by context.
 */
export class ApiClient {
  /** Resolves when the connection has ended: with the reason, or undefined after `close()`. */
  readonly ended: Promise<Error | undefined>;
  readonly #end: (reason: Error | undefined) => void;
  readonly #sendBuffer: SendBuffer;
  readonly #pending: PendingRequests;
  readonly #warnings: LimitedLog;
  readonly #reader: Promise<void>;
  #state: "open" | "closing" | "ended" = "open";

  constructor(
    private readonly transport: Transport,
    private readonly frames: FrameBuffer,
    private readonly table: MessageTable,
    private readonly clientIndex: number,
    private readonly context: ClientContext,
  ) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.ended = promise;
    this.#end = resolve;
    this.#warnings = new LimitedLog(context.log, context.clock);
    this.#sendBuffer = new SendBuffer(transport, (error) => this.#lost(error));
    this.#pending = new PendingRequests(
      context.clock,
      ({ exchange }) => this.#observe(answerOf(exchange), "recv", "failure"),
    );
    this.#reader = this.#read();
  }

  /** Requests that have no answer yet. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /**
   * Sends a request and waits for its reply. Rejects with RetvalError, TimeoutError,
   * ConnectionError or EncodeError.
   */
  request<Q extends Values, P extends Values>(
    call: Call<Q, P>,
    value: Q,
    deadlineMs: number = this.context.deadlineMs,
  ): Promise<P> {
    return this.#exchange(call, value, deadlineMs) as Promise<P>;
  }

  /**
   * Sends a dump, hands each of the details to `each` as it comes, and waits for the last. They
   * are not collected here: 20,000 of them would be a burden on the garbage collector.
   * Rejects as `request` does.
   */
  async dump<Q extends Values, P extends Values>(
    dump: Dump<Q, P>,
    value: Q,
    each: (details: P) => void,
  ): Promise<void> {
    const { deadlineMs } = this.context;
    await this.#exchange(dump, value, deadlineMs, each as (details: unknown) => void);
  }

  /** Says good-bye, closes, and waits until nothing of this client runs any more. Idempotent. */
  async close(): Promise<void> {
    if (this.#state === "open") {
      const goodbye = this.request(sockclntDelete, { index: this.clientIndex }, goodbyeMs);
      this.#state = "closing";
      await Promise.race([Promise.allSettled([goodbye]), this.ended]);
      this.#finish(undefined);
    }
    await this.#reader;
  }

  /** Ends the connection without a good-bye, because of `reason`. */
  abandon(reason: Error): void {
    this.#finish(reason);
  }

  #exchange(
    exchange: Call | Dump,
    value: Values,
    allowedMs: number,
    each: (details: unknown) => void = () => {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#state !== "open") throw new ConnectionError("the connection to VPP is closed");
      if (this.#sendBuffer.writer.length > maxUnsent) {
        throw new ConnectionError(`VPP does not read: ${maxUnsent} bytes wait to be sent`);
      }
      this.#send({ exchange, each, allowedMs, resolve, reject }, value);
    });
  }

  #send(waiting: Waiting, value: Values): void {
    const context = this.#pending.add(waiting);
    const before = this.#sendBuffer.writer.length;
    try {
      this.#append(waiting.exchange.request, context, value);
      if (waiting.exchange.kind === "dump") this.#append(controlPing.request, context, {});
    } catch (error) {
      this.#sendBuffer.writer.truncate(before);
      this.#pending.take(context);
      throw error;
    }
    this.#sendBuffer.schedule();
  }

  #append(message: Message, context: number, value: Values): void {
    const id = this.table.ids.get(message);
    if (id === undefined) throw new IncompatibleError(`this VPP lacks ${message.name}`);
    const header = { id, clientIndex: this.clientIndex, context };
    appendFrame(this.#sendBuffer.writer, (to) => encodeRequest(to, message, header, value));
    this.#observe(message, "send", "success");
    if (this.context.log.enabled("debug")) this.#trace("vpp-api-send", message, context, value);
  }

  async #read(): Promise<void> {
    try {
      while (this.#state !== "ended") {
        const isThereMore = await receive(this.transport, this.frames);
        if (!isThereMore) throw new ConnectionError(this.#closedByPeer());
        await this.#drain();
      }
    } catch (error) {
      this.#lost(error);
    }
  }

  /** Handles the messages that are complete. */
  async #drain(): Promise<void> {
    for (let frame = this.frames.next(); frame; frame = this.frames.next()) {
      if (this.#state === "ended") return;
      this.#receive(frame);
      await yieldIfDue(this.context.clock);
    }
  }

  #receive(frame: Uint8Array<ArrayBuffer>): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const id = view.getUint16(0);
    const message = this.table.messages.get(id);
    if (!message || message.header !== "context" || frame.length < 6) {
      const known = this.table.names.get(id) ?? "";
      this.#warnings.warn("vpp-api-unexpected", { id, message: known, bytes: frame.length });
      return;
    }
    const context = view.getUint32(2);
    const waiting = this.#pending.get(context);
    if (waiting) this.#answer(waiting, context, message, frame);
    // What was given up because it is over may still be answered.
    else if (this.#state === "open") {
      this.#warnings.warn("vpp-api-orphan", { message: message.name, context });
    }
  }

  #answer(waiting: Waiting, context: number, message: Message, frame: Uint8Array): void {
    const { exchange } = waiting;
    const isDetails = exchange.kind === "dump" && message === exchange.details;
    const isLast = message === (exchange.kind === "dump" ? controlPing.reply : exchange.reply);
    if (!isDetails && !isLast) {
      throw new ConnectionError(`VPP answered ${exchange.request.name} with ${message.name}`);
    }
    const { value } = decodeFrame(message, frame);
    const refused = "retval" in value && value.retval !== 0;
    this.#observe(message, "recv", refused ? "failure" : "success");
    if (this.context.log.enabled("debug")) this.#trace("vpp-api-recv", message, context, value);
    if (isDetails) return waiting.each(value);
    this.#pending.take(context);
    if (refused) waiting.reject(new RetvalError(exchange.request.name, Number(value.retval)));
    else waiting.resolve(value);
  }

  #trace(msg: string, message: Message, context: number, value: Values): void {
    this.context.log.debug(msg, { message: message.name, context, ...messageAttributes(value) });
  }

  #observe(message: Message, direction: "send" | "recv", result: "success" | "failure"): void {
    this.context.observer?.apiMessage(message.name, direction, result);
  }

  #closedByPeer(): string {
    const rest = this.frames.incomplete;
    return rest === 0
      ? "VPP closed the connection"
      : `VPP closed the connection in the middle of a message, after ${rest} bytes of it`;
  }

  /** A ConnectionError, or a mistake of whoever takes the answers: that is told as it is. */
  #lost(error: unknown): void {
    this.#finish(asError(error));
  }

  #finish(reason: Error | undefined): void {
    if (this.#state === "ended") return;
    const wanted = this.#state === "closing";
    this.#state = "ended";
    this.#sendBuffer.end();
    this.#warnings[Symbol.dispose]();
    this.#pending.rejectAll(reason ?? new ConnectionError("the connection to VPP was closed"));
    closeOnce(this.transport);
    this.#end(wanted ? undefined : reason);
  }
}

/** Sends requests. */
export type Requester = Pick<ApiClient, "request">;

/** Sends requests and dumps. */
export type Dumper = Pick<ApiClient, "dump" | "request">;

/** Characters of a text that are logged. */
const maxText = 1024;

/** The fields of a message for a log record: addresses and prefixes as text, long text cut. */
export function messageAttributes(value: Readonly<Record<string, unknown>>): LogAttributes {
  const attributes: Record<string, LogValue> = {};
  for (const [name, field] of Object.entries(value)) attributes[name] = logValue(field);
  return attributes;
}

function logValue(value: unknown): LogValue {
  if (typeof value === "number" || typeof value === "boolean") return value;
  return shorten(text(value));
}

function shorten(value: string): string {
  if (value.length <= maxText) return value;
  return `${value.slice(0, maxText)}… (${value.length} characters)`;
}

function text(value: unknown): string {
  if (value instanceof Uint8Array) return value.toHex();
  if (Array.isArray(value)) return value.length > 16 ? `${value.length} entries` : list(value);
  if (typeof value !== "object" || value === null) return String(value);
  if ("text" in value) return String(value.text);
  if ("address" in value && "len" in value) return `${text(value.address)}/${value.len}`;
  return `{${Object.entries(value).map(([name, one]) => `${name} ${text(one)}`).join(", ")}}`;
}

function list(values: readonly unknown[]): string {
  return `[${values.map(text).join(", ")}]`;
}
