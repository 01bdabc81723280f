/** How many connections a {@link ConnectionLimiter} lets in. */
export interface ConnectionLimits {
  /** In all. 1,024 times the bound of {@link H2Limits} is what the machine may have to hold. */
  readonly connections: number;
  /** From one peer: address, or whatever names it. */
  readonly connectionsPerPeer: number;
}

/** Enough for every operator's clients, and one mad client leaves room for the others. */
export const defaultConnectionLimits: ConnectionLimits = {
  connections: 1024,
  connectionsPerPeer: 256,
};

/** Counts connections, in all and per peer. */
export class ConnectionLimiter {
  readonly #limits: ConnectionLimits;
  readonly #byPeer = new Map<string, number>();
  #count = 0;

  /** `limits` is what differs from {@link defaultConnectionLimits}. */
  constructor(limits: Partial<ConnectionLimits> = {}) {
    this.#limits = { ...defaultConnectionLimits, ...limits };
  }

  /** Connections let in and not yet gone. */
  get count(): number {
    return this.#count;
  }

  /**
   * Lets a connection of `peer` in: returns what to call, once, when it is gone. Undefined when it
   * is one too many and has to be closed.
   */
  admit(peer: string): (() => void) | undefined {
    if (this.refusal(peer) !== undefined) return undefined;
    this.#count++;
    this.#byPeer.set(peer, this.#of(peer) + 1);
    let gone = false;
    return () => {
      if (gone) return;
      gone = true;
      this.#leave(peer);
    };
  }

  /** Which limit keeps another connection of `peer` out, for the operator; undefined if none. */
  refusal(peer: string): string | undefined {
    const { connections, connectionsPerPeer } = this.#limits;
    if (this.#of(peer) >= connectionsPerPeer) {
      return `the limit of ${connectionsPerPeer} connections per peer is reached`;
    }
    if (this.#count >= connections) return `the limit of ${connections} connections is reached`;
    return undefined;
  }

  #of(peer: string): number {
    return this.#byPeer.get(peer) ?? 0;
  }

  #leave(peer: string): void {
    this.#count--;
    const left = this.#of(peer) - 1;
    if (left > 0) this.#byPeer.set(peer, left);
    else this.#byPeer.delete(peer);
  }
}
