/** One client of the API, however its bytes travel. */
export interface Peer {
  /** Tells clients apart in the journal. */
  readonly number: number;
  /** What the client has to send as client_index once registered. */
  clientIndex: number | undefined;
  /** Whether {@link close} was called or the client has gone. */
  readonly closed: boolean;
  /** Queues bytes; they leave in order. */
  send(bytes: Uint8Array): void;
  /** Resolves when what was sent so far will reach the client even if VPP dies now. */
  flushed(): Promise<void>;
  /** Drops the client. What has not left may be lost. */
  close(): void;
}
