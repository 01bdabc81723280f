import { Code, ConnectError } from "@connectrpc/connect";
import type { Principal } from "../access/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { abortReason } from "./errors.ts";
import type { CallContext, EndListener } from "./rpc.ts";

/**
 * The context of one call with a deadline. The signal is made only when it is asked for, since
 * most calls are answered from memory before anything could be aborted.
 */
export class DeadlineContext implements CallContext {
  readonly #end: number | undefined;
  #controller: AbortController | undefined;
  #timer: Timer | undefined;
  #onEnd: EndListener | undefined;

  /** `timeoutMs` counts from now; the request's signal aborts when the client goes away. */
  constructor(
    private readonly request: { readonly signal: AbortSignal },
    public principal: Principal,
    readonly binary: boolean,
    private readonly clock: Clock,
    timeoutMs: number | undefined,
  ) {
    this.#end = timeoutMs === undefined ? undefined : clock.now() + timeoutMs;
  }

  get signal(): AbortSignal {
    if (this.#end === undefined) return this.request.signal;
    return (this.#controller ??= this.#arm(this.#end)).signal;
  }

  /**
   * The request is complete, which can take half a minute: what it showed when it began may have been
   * taken away since, so it is known from now on by the rules that are in force now. Throws
   * DeadlineExceeded when there is no time left, and why nobody waits any more.
   */
  begin(): void {
    this.principal = this.principal.now?.() ?? this.principal;
    if (this.request.signal.aborted) throw abortReason(this.request.signal, undefined);
    if (this.#end !== undefined && this.clock.now() >= this.#end) throw exceeded();
  }

  onEnd(listener: EndListener): void {
    this.#onEnd = listener;
  }

  /** The answer was sent, or broke off because of `error`. */
  end(error: ConnectError | undefined): void {
    this.#onEnd?.(error, false);
  }

  /** The answer cannot be sent any more. */
  unsent(): void {
    this.#onEnd?.(abortReason(this.request.signal, undefined), true);
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
