import type { Clock, Timer } from "../time/mod.ts";
import type { Dispatcher, Incoming, Outcome, Peer } from "./dispatcher.ts";
import type { Fault, FaultPlan, Gate } from "./faults.ts";
import { frame, type OutgoingMessage } from "./messages.ts";
import type { Journal } from "./journal.ts";
import { VppCrash } from "./lb_types.ts";

/** What the API of one running VPP needs. */
export interface ApiOptions {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly faults: FaultPlan;
  readonly journal: Journal;
  /** Closed while VPP hangs. */
  readonly gate: Gate;
  /** Called when a request kills VPP. */
  readonly onDeath: (reason: string) => void;
}

/** The API of one running VPP: carries out requests, and misbehaves when told to. */
export class Api {
  readonly #options: ApiOptions;
  readonly #peers = new Set<Peer>();
  readonly #late = new Set<Timer>();
  readonly #ending = Promise.withResolvers<void>();
  #held: (() => void)[] = [];

  /** Serves until {@link close}. */
  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** Sends a message that nobody asked for to every client. */
  say(outgoing: OutgoingMessage): void {
    const bytes = frame(this.#options.dispatcher.encode(outgoing));
    for (const peer of this.#peers) peer.send(bytes);
  }

  /** A client has come. */
  connected(peer: Peer): void {
    this.#peers.add(peer);
    this.#options.journal.note({ kind: "connected", connection: peer.number });
  }

  /** A client has gone. */
  disconnected(peer: Peer): void {
    this.#peers.delete(peer);
    this.#options.dispatcher.forget(peer);
    this.#options.journal.note({ kind: "disconnected", connection: peer.number });
  }

  /** Sends nothing any more, and lets nobody wait. */
  close(): void {
    this.#ending.resolve();
    for (const timer of this.#late) timer.cancel();
  }

  /**
   * Carries out one message, at once unless VPP hangs or is told to hold this client up: then the
   * promise says when the client's next message may come.
   */
  handle(peer: Peer, message: Uint8Array): Promise<void> | undefined {
    if (!this.#options.gate.isClosed) return this.#begin(peer, message);
    return after(this.#options.gate.passed(), peer, () => this.#begin(peer, message));
  }

  #begin(peer: Peer, message: Uint8Array): Promise<void> | undefined {
    const { dispatcher, faults, gate } = this.#options;
    const incoming = dispatcher.decode(peer, message);
    const fault = faults.take(incoming.request);
    const carryOut = () => this.#carryOut(incoming, fault);
    switch (fault?.kind) {
      case "hang":
        gate.close();
        return after(gate.passed(), peer, carryOut);
      case "hold":
        return after(Promise.race([fault.until, this.#ending.promise]), peer, carryOut);
      default:
        return carryOut();
    }
  }

  #carryOut(incoming: Incoming, fault: Fault | undefined): Promise<void> | undefined {
    const { dispatcher, journal, onDeath } = this.#options;
    const { peer, request } = incoming;
    if (fault?.kind === "die" && fault.when === "before") return void onDeath("told to, before");
    try {
      const refusal = fault?.kind === "retval" ? fault.retval : undefined;
      const outcome = dispatcher.carryOut(incoming, refusal);
      journal.note({ kind: "request", request, retval: outcome.retval });
      return this.#reply(peer, outcome, fault);
    } catch (error) {
      if (!(error instanceof VppCrash)) throw error;
      return void onDeath(error.message);
    }
  }

  #reply(peer: Peer, outcome: Outcome, fault: Fault | undefined): Promise<void> | undefined {
    const bytes = this.#replies(outcome, fault);
    const held = this.#held;
    this.#held = [];
    const send = () => bytes.forEach((reply) => outcome.to?.send(reply));
    if (fault?.kind === "die") return this.#dieWithin(peer, bytes, fault.when);
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
      default:
        send();
    }
    for (const reply of held) reply();
    return outcome.closes && outcome.to ? hangUp(outcome.to) : undefined;
  }

  /** The frames that answer a request. */
  #replies(outcome: Outcome, fault: Fault | undefined): Uint8Array[] {
    const { dispatcher } = this.#options;
    switch (fault?.kind) {
      case "instead":
        return [frame(dispatcher.encode(fault.message, outcome.context))];
      case "interrupted":
        return [dispatcher.encode(fault.message), ...outcome.messages].map((one) => frame(one));
      default:
        return outcome.messages.map((message) => distort(message, fault));
    }
  }

  async #dieWithin(
    peer: Peer,
    replies: readonly Uint8Array[],
    when: "before" | "after" | number,
  ): Promise<void> {
    let left = typeof when === "number" ? when : 0;
    for (const reply of replies) {
      if (left > 0) peer.send(reply.slice(0, left));
      left -= reply.length;
    }
    await peer.flushed();
    const where = typeof when === "number" ? `${when} bytes into a reply` : when;
    this.#options.onDeath(`told to, ${where}`);
  }

  #later(ms: number, run: () => void): void {
    const timer = this.#options.clock.after(ms, () => {
      this.#late.delete(timer);
      run();
    });
    this.#late.add(timer);
  }
}

/** Goes on with a client when it has waited, if it is there by then. */
async function after(
  wait: Promise<void>,
  peer: Peer,
  go: () => Promise<void> | undefined,
): Promise<void> {
  await wait;
  if (!peer.closed) await go();
}

async function hangUp(peer: Peer): Promise<void> {
  await peer.flushed();
  peer.close();
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
