import type { Clock, Timer } from "../time/mod.ts";
import { Connection } from "./connection.ts";
import type { Dispatcher, Outcome } from "./dispatcher.ts";
import type { Fault, FaultPlan } from "./faults.ts";
import { frame } from "./frames.ts";
import type { Gate } from "./gate.ts";
import type { Journal } from "./journal.ts";
import { VppCrash } from "./lb_types.ts";

/** What the API socket of one running VPP needs. */
export interface ApiServerOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly faults: FaultPlan;
  readonly journal: Journal;
  /** Closed while VPP hangs. */
  readonly gate: Gate;
  /** Called when a request kills VPP. */
  readonly onDeath: (reason: string) => void;
}

/** Makes the paths of listeners differ. */
let bound = 0;

/** The API socket: accepts clients, carries out their requests, misbehaves when told to. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #listener: Deno.UnixListener;
  readonly #connections = new Set<Connection>();
  readonly #late = new Set<Timer>();
  readonly #done: Promise<void>;
  readonly #closing = Promise.withResolvers<void>();
  #held: (() => void)[] = [];
  #accepted = 0;

  /** Listens at once, in the place of what may lie at that path. */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    // When a listener ends, Deno removes the path it was bound to, some time later: by then the
    // next VPP may have put its own socket there.
    const path = `${options.path}.${++bound}`;
    this.#listener = Deno.listen({ transport: "unix", path });
    Deno.renameSync(path, options.path);
    this.#done = this.#accept();
  }

  /** Drops all clients and stops listening. Resolves when nothing runs any more. */
  close(): Promise<void> {
    this.#listener.close();
    this.#closing.resolve();
    for (const timer of this.#late) timer.cancel();
    for (const connection of this.#connections) connection.close();
    return this.#done;
  }

  async #accept(): Promise<void> {
    const serving = new Set<Promise<void>>();
    for await (const conn of this.#listener) {
      const connection = new Connection(conn, ++this.#accepted);
      this.#connections.add(connection);
      const served = this.#serve(connection).finally(() => serving.delete(served));
      serving.add(served);
    }
    await Promise.all(serving);
  }

  async #serve(connection: Connection): Promise<void> {
    const { journal, gate, dispatcher } = this.#options;
    journal.note({ kind: "connected", connection: connection.number });
    for await (const message of connection.messages()) {
      await gate.passed();
      if (connection.closed) break;
      await this.#handle(connection, message);
    }
    this.#connections.delete(connection);
    dispatcher.forget(connection);
    await connection.flushed();
    journal.note({ kind: "disconnected", connection: connection.number });
  }

  async #handle(connection: Connection, message: Uint8Array): Promise<void> {
    const { dispatcher, faults, gate, journal } = this.#options;
    const incoming = dispatcher.decode(connection, message);
    const { request } = incoming;
    const fault = faults.take(request);
    if (fault?.kind === "hang") {
      gate.close();
      await gate.passed();
    }
    if (fault?.kind === "hold") await Promise.race([fault.until, this.#closing.promise]);
    if (connection.closed) return;
    if (fault?.kind === "die" && fault.when === "before") return this.#die("told to, before");
    try {
      const refusal = fault?.kind === "retval" ? fault.retval : undefined;
      const outcome = dispatcher.carryOut(incoming, refusal);
      journal.note({ kind: "request", request, retval: outcome.retval });
      await this.#reply(connection, outcome, fault);
    } catch (error) {
      if (!(error instanceof VppCrash)) throw error;
      this.#die(error.message);
    }
  }

  async #reply(connection: Connection, outcome: Outcome, fault: Fault | undefined): Promise<void> {
    const to = outcome.to;
    const bytes = outcome.messages.map((message) => distort(message, fault));
    const held = this.#held;
    this.#held = [];
    const send = () => bytes.forEach((reply) => to?.send(reply));
    switch (fault?.kind) {
      case "silence":
        break;
      case "late":
        this.#later(fault.ms, send);
        break;
      case "reorder":
        this.#held = [send];
        break;
      case "duplicate":
        send();
        send();
        break;
      case "die":
        await this.#dieWithin(connection, bytes, fault.when);
        break;
      default:
        send();
    }
    for (const reply of held) reply();
    if (!outcome.closes) return;
    await connection.flushed();
    connection.close();
  }

  async #dieWithin(
    connection: Connection,
    replies: readonly Uint8Array[],
    when: "before" | "after" | number,
  ): Promise<void> {
    let left = typeof when === "number" ? when : 0;
    for (const reply of replies) {
      if (left > 0) connection.send(reply.slice(0, left));
      left -= reply.length;
    }
    await connection.flushed();
    this.#die(`told to, ${typeof when === "number" ? `${when} bytes into a reply` : when}`);
  }

  #later(ms: number, run: () => void): void {
    const timer = this.#options.clock.after(ms, () => {
      this.#late.delete(timer);
      run();
    });
    this.#late.add(timer);
  }

  #die(reason: string): void {
    this.#options.onDeath(reason);
  }
}

function distort(message: Uint8Array, fault: Fault | undefined): Uint8Array {
  switch (fault?.kind) {
    case "wrong-context": {
      const changed = message.slice();
      changed[5] = (changed[5] ?? 0) ^ 0x55;
      return frame(changed);
    }
    case "garbage":
      return frame(new Uint8Array(64).map((_, i) => (i * 151 + 17) & 0xff));
    case "truncated":
      return frame(message.slice(0, fault.bytes));
    case "wrong-length":
      return frame(message, fault.length);
    default:
      return frame(message);
  }
}
