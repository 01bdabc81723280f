import type { ConnectTarget, Engine, Failure } from "../../../lib/net/mod.ts";
import type { ConnectionUser, Greeting } from "../../../lib/net/mod.ts";

/** What a receive finds: bytes, the end, nothing yet, or why it failed. */
export type Incoming = string | "end" | "nothing" | Failure;

/** A connection that does what a test says. */
export class FakeConnection {
  established = true;
  closed = false;
  failure: Failure | undefined;
  heardAt = 0;
  heldUpMs = 0;
  readonly sent: string[] = [];
  /** How much of each send goes, all of it when absent; a failure fails it. */
  sends: number | Failure | undefined;
  readonly incoming: Incoming[] = [];
  readonly #engine: FakeEngine;

  constructor(engine: FakeEngine) {
    this.#engine = engine;
  }

  send(bytes: Uint8Array): number {
    this.sent.push(new TextDecoder("latin1").decode(bytes));
    if (typeof this.sends !== "object") return this.sends ?? bytes.length;
    this.failure = this.sends;
    return -1;
  }
  receive(): number {
    const next = this.incoming.shift() ?? "nothing";
    if (next === "end") return 0;
    if (next === "nothing" || typeof next === "object") {
      this.failure = typeof next === "object" ? next : undefined;
      return -1;
    }
    return new TextEncoder().encodeInto(next, this.#engine.inbox.bytes).written;
  }
  greet({ bytes }: Greeting): number {
    return this.send(bytes);
  }
  watchReading(): void {}
  [Symbol.dispose](): void {
    this.closed = true;
  }
}

/** As much of an engine as attempts over TCP use. */
export class FakeEngine {
  readonly inbox = { bytes: new Uint8Array(65536) };
  readonly clock = { now: () => 0 };
  readonly connection = new FakeConnection(this);
  readonly targets: ConnectTarget[] = [];
  refusal: Failure | undefined;
  user: ConnectionUser | undefined;

  connect(target: ConnectTarget, user: ConnectionUser): FakeConnection | Failure {
    this.targets.push(target);
    this.user = user;
    return this.refusal ?? this.connection;
  }
  /** For who wants a whole one. */
  get whole(): Engine {
    return this as unknown as Engine;
  }
}
