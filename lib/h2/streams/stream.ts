import { ConnectionError, ErrorCode, StreamError } from "../errors.ts";
import { ReceiveWindow, SendWindow } from "../flow.ts";
import type { H2Field } from "../types.ts";
import { type StreamEvent, type StreamState, transitions } from "./state.ts";

/** What a stream has to send next. One at a time: the producer waits until it has left. */
export type Outgoing =
  | { readonly kind: "headers"; readonly fields: readonly H2Field[]; readonly end: boolean }
  | { readonly kind: "data"; readonly data: Uint8Array; readonly end: boolean; at: number };

/** A stream that is neither idle nor closed. */
export class Stream {
  #state: StreamState = "idle";
  /** What the peer lets us send. */
  readonly sendWindow: SendWindow;
  /** What we let the peer send. */
  readonly receiveWindow: ReceiveWindow;
  /** Octets received and not yet read; the connection's window gets them back in the end. */
  unread = 0;
  /** When its header section came, in the caller's milliseconds. */
  openedAt = 0;
  /** Whether the handler has begun to answer. */
  isAnswered = false;
  /** Whether the rest of the body is dropped on arrival. */
  discarding = false;
  /** Octets of body announced by content-length and received so far. */
  readonly body: { expected: number | undefined; received: number } = {
    expected: undefined,
    received: 0,
  };
  /** What waits to be sent. */
  outgoing: Outgoing | undefined;
  /** When `outgoing` last made progress, in the caller's milliseconds. */
  waitingSince = 0;

  /** The windows' initial sizes are in octets. */
  constructor(readonly id: number, sendWindow: number, receiveWindow: number) {
    this.sendWindow = new SendWindow(sendWindow);
    this.receiveWindow = new ReceiveWindow(receiveWindow);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Moves along figure 2, or throws the error that the event is in this state. */
  on(event: StreamEvent): void {
    this.#state = nextState(this.id, this.#state, event) ?? this.#state;
  }
}

/**
 * The state after `event`, undefined when the event is to be ignored. Throws a ConnectionError or
 * StreamError where section 5.1 calls for one.
 */
export function nextState(
  id: number,
  state: StreamState,
  event: StreamEvent,
): StreamState | undefined {
  const next = transitions[state][event];
  if (next.kind === "to") return next.state;
  if (next.kind === "ignore") return undefined;
  const reason = `${event.replace("recv ", "")} on stream ${id}, which is ${state}`;
  if (next.kind === "never") throw new ConnectionError(ErrorCode.INTERNAL_ERROR, reason);
  if (next.scope === "connection") throw new ConnectionError(next.code, reason);
  throw new StreamError(id, next.code, reason);
}
