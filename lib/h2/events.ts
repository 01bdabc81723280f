import type { RequestHead } from "./request.ts";
import type { H2Field } from "./types.ts";

/** What the core tells its owner. */
export type H2Event =
  /** A request's header section has arrived. */
  | { readonly type: "request"; readonly id: number; readonly head: RequestHead }
  /** Octets of its body: a view, good until the connection receives more input. */
  | { readonly type: "data"; readonly id: number; readonly data: Uint8Array }
  /** The request is complete. */
  | { readonly type: "end"; readonly id: number; readonly trailers: readonly H2Field[] }
  /** What had to wait has been sent: there is room for more. */
  | { readonly type: "sent"; readonly id: number }
  /** The stream broke off, by the peer's RST_STREAM or ours. */
  | { readonly type: "reset"; readonly id: number; readonly code: number; readonly reason: string }
  /** Shutdown waits no longer: handlers should end their streams at once. */
  | { readonly type: "drain limit" }
  /**
   * The connection is over, and so are all its streams. What output is left should be written,
   * then the transport closed.
   */
  | { readonly type: "closed"; readonly code: number; readonly reason: string };
