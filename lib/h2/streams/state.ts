import { ErrorCode } from "../errors.ts";

/**
 * States of a stream as a server sees it (RFC 9113 section 5.1, figure 2). The two reserved states
 * are missing: this server does not push and clients cannot. "closed" is told apart by how it came
 * about, for that decides what a late frame means.
 */
export const streamStates = [
  "idle",
  "open",
  "half-closed (local)",
  "half-closed (remote)",
  "closed",
  "closed (reset by us)",
  "closed (forgotten)",
] as const;

/** One of {@link streamStates}. */
export type StreamState = (typeof streamStates)[number];

/** What happens to a stream. END_STREAM is an event of its own after HEADERS or DATA. */
export const streamEvents = [
  "recv HEADERS",
  "recv DATA",
  "recv END_STREAM",
  "recv RST_STREAM",
  "recv WINDOW_UPDATE",
  "send HEADERS",
  "send DATA",
  "send END_STREAM",
  "send RST_STREAM",
] as const;

/** One of {@link streamEvents}. PRIORITY is allowed in every state and changes none. */
export type StreamEvent = (typeof streamEvents)[number];

/** What an event means in a state. */
export type Transition =
  | { readonly kind: "to"; readonly state: StreamState }
  /** The frame is counted (flow control, field compression) and dropped. */
  | { readonly kind: "ignore" }
  | { readonly kind: "error"; readonly scope: "connection" | "stream"; readonly code: ErrorCode }
  /** We never do this. */
  | { readonly kind: "never" };

const ignore: Transition = { kind: "ignore" };
const never: Transition = { kind: "never" };
const protocol: Transition = {
  kind: "error",
  scope: "connection",
  code: ErrorCode.PROTOCOL_ERROR,
};
const connectionClosed: Transition = {
  kind: "error",
  scope: "connection",
  code: ErrorCode.STREAM_CLOSED,
};
const streamClosed: Transition = { kind: "error", scope: "stream", code: ErrorCode.STREAM_CLOSED };

function to(state: StreamState): Transition {
  return { kind: "to", state };
}

const sendNothing = {
  "send HEADERS": never,
  "send DATA": never,
  "send END_STREAM": never,
  "send RST_STREAM": never,
} as const;

/**
 * The whole of figure 2 for a server.
 *
 * After END_STREAM or RST_STREAM from the peer, its HEADERS and DATA are errors; WINDOW_UPDATE and
 * RST_STREAM may have crossed ours and are ignored. After our RST_STREAM everything may have
 * crossed it. A stream that is "forgotten" was skipped by the peer, or closed so long ago that
 * only its number tells: HEADERS would open it a second time (section 5.1.1).
 */
export const transitions: Readonly<Record<StreamState, Readonly<Record<StreamEvent, Transition>>>> =
  {
    "idle": {
      "recv HEADERS": to("open"),
      "recv DATA": protocol,
      "recv END_STREAM": protocol,
      "recv RST_STREAM": protocol,
      "recv WINDOW_UPDATE": protocol,
      ...sendNothing,
    },
    "open": {
      "recv HEADERS": to("open"),
      "recv DATA": to("open"),
      "recv END_STREAM": to("half-closed (remote)"),
      "recv RST_STREAM": to("closed"),
      "recv WINDOW_UPDATE": to("open"),
      "send HEADERS": to("open"),
      "send DATA": to("open"),
      "send END_STREAM": to("half-closed (local)"),
      "send RST_STREAM": to("closed (reset by us)"),
    },
    "half-closed (local)": {
      "recv HEADERS": to("half-closed (local)"),
      "recv DATA": to("half-closed (local)"),
      "recv END_STREAM": to("closed"),
      "recv RST_STREAM": to("closed"),
      "recv WINDOW_UPDATE": to("half-closed (local)"),
      "send HEADERS": never,
      "send DATA": never,
      "send END_STREAM": never,
      "send RST_STREAM": to("closed (reset by us)"),
    },
    "half-closed (remote)": {
      "recv HEADERS": streamClosed,
      "recv DATA": streamClosed,
      "recv END_STREAM": streamClosed,
      "recv RST_STREAM": to("closed"),
      "recv WINDOW_UPDATE": to("half-closed (remote)"),
      "send HEADERS": to("half-closed (remote)"),
      "send DATA": to("half-closed (remote)"),
      "send END_STREAM": to("closed"),
      "send RST_STREAM": to("closed (reset by us)"),
    },
    "closed": {
      "recv HEADERS": connectionClosed,
      "recv DATA": connectionClosed,
      "recv END_STREAM": connectionClosed,
      "recv RST_STREAM": ignore,
      "recv WINDOW_UPDATE": ignore,
      ...sendNothing,
    },
    "closed (reset by us)": {
      "recv HEADERS": ignore,
      "recv DATA": ignore,
      "recv END_STREAM": ignore,
      "recv RST_STREAM": ignore,
      "recv WINDOW_UPDATE": ignore,
      ...sendNothing,
    },
    "closed (forgotten)": {
      "recv HEADERS": protocol,
      "recv DATA": connectionClosed,
      "recv END_STREAM": connectionClosed,
      "recv RST_STREAM": ignore,
      "recv WINDOW_UPDATE": ignore,
      ...sendNothing,
    },
  };
