import type { Vip } from "../targets.ts";

/** What is wrong, by the layer that has to be looked at; a spike is an answer that came late. */
export const troubles = ["timeout", "http", "net", "spike"] as const;

/** One of {@link troubles}. */
export type Trouble = (typeof troubles)[number];

/** What came of one try. */
export type TryResult =
  | {
    readonly kind: "answered";
    readonly ms: number;
    /** A word: `200`, `open`, `echo`. */
    readonly status: string;
    /** The value of the header; undefined where there was none, or no HTTP. */
    readonly header?: string | undefined;
  }
  | {
    readonly kind: "failed";
    readonly trouble: Exclude<Trouble, "spike">;
    readonly status: string;
    /** What was seen, for people. */
    readonly text: string;
    readonly header?: string | undefined;
  }
  /** It says nothing about the VIP: this host lacked something. */
  | { readonly kind: "hindered"; readonly text: string };

/** How VIPs are asked. */
export interface AskOptions {
  readonly timeoutMs: number;
  /** The Host header, and the name in TLS; undefined is the VIP's address. */
  readonly host: string | undefined;
  readonly path: string;
  /** The header whose values are tallied. */
  readonly header: string;
  /** Any certificate will do. */
  readonly insecure: boolean;
}

/** Asks VIPs. */
export interface Asker extends AsyncDisposable {
  /**
   * Asks once. `done` is called once, never synchronously, unless the returned function was called
   * before.
   */
  ask(vip: Vip, done: (result: TryResult) => void): () => void;
}

/** The statuses of HTTP that count as an answer in good order. */
export const goodStatuses = { min: 200, max: 399 } as const;
