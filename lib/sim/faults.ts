import type { OutgoingMessage } from "./messages.ts";

/** A message that the simulated VPP received. */
export interface SimRequest {
  /** 1 for the first since VPP started, counting all clients. */
  readonly sequence: number;
  /** Tells clients apart. */
  readonly connection: number;
  /** Without the CRC; empty for an id that is not in the table. */
  readonly name: string;
  /** What the reply will carry. */
  readonly context: number;
  /** Decoded; empty for what VPP does not understand. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A way to misbehave at one request. Unless it says otherwise the request is carried out. */
export type Fault =
  /** No reply. */
  | { readonly kind: "silence" }
  /** The reply leaves so much later, by the clock; others pass it. */
  | { readonly kind: "late"; readonly ms: number }
  /** The reply comes twice. */
  | { readonly kind: "duplicate" }
  /** The reply leaves behind the replies to the next request. */
  | { readonly kind: "reorder" }
  /** Refused with this value, not carried out. */
  | { readonly kind: "retval"; readonly retval: number }
  /** The reply carries another context. */
  | { readonly kind: "wrong-context" }
  /** The reply is 64 bytes of nonsense behind a good header. */
  | { readonly kind: "garbage" }
  /** This comes in place of the reply, with its context unless it says otherwise. */
  | { readonly kind: "instead"; readonly message: OutgoingMessage }
  /** This comes right before the reply, with context 0 unless it says otherwise. */
  | { readonly kind: "interrupted"; readonly message: OutgoingMessage }
  /** The reply's message is cut to so many bytes, its header telling the truth about it. */
  | { readonly kind: "truncated"; readonly bytes: number }
  /** The reply's header claims another length. */
  | { readonly kind: "wrong-length"; readonly length: number }
  /** VPP dies before carrying it out, after it, or when so many bytes of the reply have left. */
  | { readonly kind: "die"; readonly when: "before" | "after" | number }
  /** VPP hangs before carrying it out, until told to go on. */
  | { readonly kind: "hang" }
  /** The client waits, and whoever is behind it on its connection. */
  | { readonly kind: "hold"; readonly until: Promise<void> };

/** When to misbehave, and how. */
export interface Misbehaviour {
  /** Which requests; all when absent. */
  readonly when?: (request: SimRequest) => boolean;
  /** How often; for ever when absent. */
  readonly times?: number;
  /** What to do. */
  readonly fault: Fault;
}

/** The misbehaviours in force, oldest first. */
export class FaultPlan {
  readonly #entries = new Set<{ readonly rule: Misbehaviour; left: number }>();

  /** Adds one; the returned function ends it. */
  add(rule: Misbehaviour): () => void {
    const entry = { rule, left: rule.times ?? Infinity };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  /** Ends all. */
  clear(): void {
    this.#entries.clear();
  }

  /** The first that applies, counted as used. */
  take(request: SimRequest): Fault | undefined {
    for (const entry of this.#entries) {
      if (entry.rule.when && !entry.rule.when(request)) continue;
      entry.left--;
      if (entry.left <= 0) this.#entries.delete(entry);
      return entry.rule.fault;
    }
    return undefined;
  }
}

/** A gate that lets everybody pass while it is open. */
export class Gate {
  #closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  /** Whether nobody passes. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** From now on nobody passes. */
  close(): void {
    if (this.#closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = { opened: promise, open: resolve };
  }

  /** Lets those who wait pass, and all that come. */
  open(): void {
    this.#closed?.open();
    this.#closed = undefined;
  }

  /** Resolves when the gate is open. */
  async passed(): Promise<void> {
    while (this.#closed) await this.#closed.opened;
  }
}
