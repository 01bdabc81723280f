import type { H2Handler, H2Request } from "../h2/mod.ts";
import type { PeerPrefix } from "./prefix.ts";
import { overloaded } from "./refusals.ts";
import type { Claim, PeerShares } from "./peer_shares.ts";

/** A request that was let in. */
interface Running {
  readonly claim: Claim;
  /** The handler has answered or failed; it may do so long after nobody listens any more. */
  isHandled: boolean;
  /** The answer is sent, or nobody waits for it. */
  isOver: boolean;
}

/**
 * The requests of one connection. Each is counted from its header to the last octet of its answer,
 * or to the end of its handler where that comes later. When there is no room, the newest of whoever
 * has most is cancelled for who has fewer; else one too many is refused at once, its body unread.
 */
export class RequestSlots {
  readonly #running = new Map<H2Request, Running>();

  /** `connection` hears when the first request begins, and when the last one is over. */
  constructor(
    private readonly shares: PeerShares,
    private readonly prefix: PeerPrefix,
    private readonly connection: Pick<Claim, "busy" | "idle">,
  ) {}

  /** A handler whose requests are counted. */
  counting(handler: H2Handler): H2Handler {
    return async (request) => {
      const { shares, prefix } = this;
      const claim = shares.claim(
        prefix,
        request.cancel && ((newcomer) => {
          const reason = `there are too many requests, and ${newcomer.text} has fewer`;
          shares.budget.refuse({ peer: request.peer, reason });
          request.cancel?.(reason);
        }),
      );
      if (typeof claim === "string") {
        return overloaded(shares.refuse(claim, prefix, request.peer), request);
      }
      const running: Running = { claim, isHandled: false, isOver: false };
      this.#running.set(request, running);
      if (this.#running.size === 1) this.connection.busy();
      try {
        return await handler(request);
      } finally {
        running.isHandled = true;
        this.#settle(request, running);
      }
    };
  }

  /** The exchange of this request is over. */
  over(request: H2Request): void {
    const running = this.#running.get(request);
    if (!running) return;
    running.isOver = true;
    this.#settle(request, running);
  }

  #settle(request: H2Request, { claim, isHandled, isOver }: Running): void {
    if (!isHandled || !isOver) return;
    this.#running.delete(request);
    claim.giveBack();
    if (this.#running.size === 0) this.connection.idle();
  }
}
