import * as wire from "../../../tests/h2/support/wire.ts";
import { HpackDecoder } from "../../../lib/h2/hpack/mod.ts";
import { call, greeting } from "../grpc.ts";
import { type Address, Raw } from "../socket.ts";

/** Milliseconds after which a call counts as unanswered. */
const patienceMs = 10_000;

/** A call of the service that did not end well: refused, reset, cut off or unanswered. */
export class CallError extends Error {
  override readonly name = "CallError";
}

/** A polite gRPC client with one HTTP/2 connection. */
export class Caller {
  readonly #raw: Raw;
  readonly #calls: Map<number, (status: string) => void>;
  #next = 1;

  private constructor(raw: Raw, calls: Map<number, (status: string) => void>) {
    this.#raw = raw;
    this.#calls = calls;
    void raw.gone.then(() => this.#fail());
  }

  /** Connects; throws {@link CallError}. */
  static async connect(address: Address): Promise<Caller> {
    const calls = new Map<number, (status: string) => void>();
    const reader = new Frames(calls);
    // Over TLS it may be greeted before it has greeted.
    let reply = (octets: Uint8Array) => void early.push(octets);
    const early: Uint8Array[] = [];
    const raw = await limited(Raw.dial(address, (bytes) => reader.take(bytes).forEach(reply)));
    if (raw === undefined) throw new CallError(`cannot connect to ${address.host}:${address.port}`);
    reply = (octets) => void raw.send(octets);
    await raw.send(wire.join(greeting(), ...early));
    return new Caller(raw, calls);
  }

  /** Whether the connection has ended. */
  get isGone(): boolean {
    return this.#raw.isGone;
  }

  /** Resolves when the call has ended with grpc-status 0; throws {@link CallError} otherwise. */
  async call(method: string, message: Uint8Array): Promise<void> {
    const id = this.#next;
    this.#next += 2;
    const ended = new Promise<string>((resolve) => this.#calls.set(id, resolve));
    if (this.#raw.isGone) this.#fail();
    void this.#raw.send(call(id, method, message));
    try {
      const status = await limited(ended);
      if (status !== "0") throw new CallError(`${method} ended with ${status}`);
    } finally {
      this.#calls.delete(id);
    }
  }

  /** Closes the connection. */
  close(): void {
    this.#raw.close();
  }

  #fail(): void {
    for (const end of this.#calls.values()) end("the connection's end");
  }
}

/** Cuts what comes into frames and tells calls how they ended. */
class Frames {
  readonly #hpack = new HpackDecoder(4_096);
  #rest: Uint8Array = new Uint8Array();
  #unread = 0;

  constructor(private readonly calls: ReadonlyMap<number, (status: string) => void>) {}

  /** Returns what has to be sent back: acknowledgements, and windows for what was read. */
  take(bytes: Uint8Array): Uint8Array[] {
    const all = this.#rest.length === 0 ? bytes : wire.join(this.#rest, bytes);
    const replies: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const [high = 0, middle = 0, low = 0] = all.subarray(at, at + 3);
      const end = at + 9 + high * 65_536 + middle * 256 + low;
      if (all.length < at + 9 || end > all.length) break;
      for (const frame of wire.parse(all.subarray(at, end))) replies.push(...this.#frame(frame));
      at = end;
    }
    this.#rest = all.slice(at);
    return replies;
  }

  #frame({ type, flags, streamId, payload }: wire.SeenFrame): Uint8Array[] {
    switch (type) {
      case wire.types.HEADERS: {
        const { fields } = this.#hpack.decode(payload, 1_000_000);
        const status = fields.find(([name]) => name === "grpc-status")?.[1];
        if ((flags & wire.END_STREAM) !== 0) this.#end(streamId, status ?? "no status");
        return [];
      }
      case wire.types.RST_STREAM:
        this.#end(streamId, "RST_STREAM");
        return [];
      case wire.types.DATA:
        this.#unread += payload.length;
        if (this.#unread < 100_000) return [];
        return [wire.windowUpdate(0, this.#unread - (this.#unread = 0))];
      case wire.types.SETTINGS:
        return (flags & wire.ACK) === 0 ? [wire.settingsAck] : [];
      case wire.types.PING:
        return (flags & wire.ACK) === 0 ? [wire.ping(payload.slice(), wire.ACK)] : [];
      default:
        return [];
    }
  }

  #end(id: number, status: string): void {
    this.calls.get(id)?.(status);
  }
}

async function limited<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CallError("no answer in 10 s")), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
