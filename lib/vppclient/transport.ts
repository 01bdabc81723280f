import {
  DecodeError,
  decodeMessage,
  type Message,
  type MessageHeader,
  type Values,
  WireWriter,
} from "../binapi/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { ConnectionError } from "./errors.ts";

/** A connection's two directions and its end. */
export type Transport = Pick<Deno.Conn, "read" | "write" | "close">;

/** Puts what comes next into `frames`; false at the end. ConnectionError when the way is broken. */
export async function receive(transport: Transport, frames: FrameBuffer): Promise<boolean> {
  const length = await transport.read(frames.space()).catch(broken);
  if (length === null) return false;
  frames.filled(length);
  return true;
}

/** Sends some of the bytes and says how many. ConnectionError when the way is broken. */
export async function send(transport: Transport, bytes: Uint8Array): Promise<number> {
  return await transport.write(bytes).catch(broken);
}

function broken(error: unknown): never {
  throw new ConnectionError(`the connection to VPP broke: ${reasonOf(error)}`);
}

/** Closes it unless it is closed already: after a peer's reset the runtime has done so. */
export function closeOnce(transport: Transport): void {
  try {
    transport.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** u64 (0 from clients, garbage from VPP), u32 length of the message, u32 0; big-endian. */
const frameHeaderLength = 16;

/** Where in the header the length is. */
const frameLengthAt = 8;

/** Appends a message, which `write` puts there, in a frame of its own. */
export function appendFrame(to: WireWriter, write: (to: WireWriter) => void): void {
  const start = to.length;
  to.zeros(frameHeaderLength);
  write(to);
  to.patchU32(start + frameLengthAt, to.length - start - frameHeaderLength);
}

/**
 * The longest message believed. `show lb vips verbose` takes about 1.5 MB for 1,000 VIPs of 20
 * servers, in one frame.
 */
const maxMessageLength = 64 * 1024 * 1024;

/** Bytes that there is room for at first, of what comes and of what goes. */
const initialSpace = 64 * 1024;

/**
 * Cuts a byte stream into messages. The owner reads from the socket into `space()`, says how much
 * came with `filled()`, and takes messages with `next()` until there are none. A length that lies
 * costs no memory: the buffer grows with what has arrived, not with what was promised.
 */
export class FrameBuffer {
  #bytes = new Uint8Array(initialSpace);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #end = 0;

  /** Room for the next read, never empty. Messages taken before become invalid. */
  space(): Uint8Array<ArrayBuffer> {
    if (this.#start === this.#end) this.#reset();
    else if (this.#end === this.#bytes.length) this.#makeRoom();
    return this.#bytes.subarray(this.#end);
  }

  /** `length` bytes were put into the last `space()`. */
  filled(length: number): void {
    this.#end += length;
  }

  /** Bytes that have arrived and belong to no complete message yet. */
  get incomplete(): number {
    return this.#end - this.#start;
  }

  /**
   * The next complete message without its frame header, valid until the next `space()`.
   * ConnectionError when its length cannot be true.
   */
  next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#end - this.#start < frameHeaderLength) return undefined;
    const length = this.#view.getUint32(this.#start + frameLengthAt);
    if (length < 2 || length > maxMessageLength) {
      throw new ConnectionError(
        `VPP announced a message of ${length} bytes, possible are 2 to ${maxMessageLength}`,
      );
    }
    const from = this.#start + frameHeaderLength;
    if (this.#end - from < length) return undefined;
    this.#start = from + length;
    return this.#bytes.subarray(from, from + length);
  }

  #reset(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > initialSpace) this.#resize(initialSpace);
  }

  #makeRoom(): void {
    const kept = this.#end - this.#start;
    if (kept > this.#bytes.length / 2) this.#resize(this.#bytes.length * 2);
    else {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#start = 0;
      this.#end = kept;
    }
  }

  #resize(capacity: number): void {
    const kept = this.#bytes.subarray(this.#start, this.#end);
    this.#bytes = new Uint8Array(capacity);
    this.#bytes.set(kept);
    this.#view = new DataView(this.#bytes.buffer);
    this.#start = 0;
    this.#end = kept.length;
  }
}

/** Takes apart a message that VPP has sent. ConnectionError when its bytes do not fit it. */
export function decodeFrame<T extends Values>(
  message: Message<T>,
  frame: Uint8Array,
): { readonly header: MessageHeader; readonly value: T } {
  try {
    return decodeMessage(message, frame);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ConnectionError(`VPP sent what cannot be read: ${error.message}`);
  }
}

/** Bytes that may wait for VPP to read: it has stopped reading long before there are as many. */
export const maxUnsent = 8 * 1024 * 1024;

/**
 * Gathers what is to be sent and writes it in one go per turn of the microtask queue, or as soon
 * as the previous write is done: a write per message costs twenty times as much.
 */
export class SendBuffer {
  #filling = new WireWriter(initialSpace);
  #spare = new WireWriter(initialSpace);
  #state: "idle" | "busy" | "ended" = "idle";

  /** `failed` is told when the way is broken. */
  constructor(
    private readonly transport: Transport,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Append whole frames here, then call `schedule`. */
  get writer(): WireWriter {
    return this.#filling;
  }

  /** Sees to it that what was appended is written soon. */
  schedule(): void {
    if (this.#state !== "idle") return;
    this.#state = "busy";
    queueMicrotask(() => void this.#flush());
  }

  /** Writes nothing any more. */
  end(): void {
    this.#state = "ended";
  }

  async #flush(): Promise<void> {
    try {
      while (!this.#ended && this.#filling.length > 0) await this.#writeFilled();
      if (!this.#ended) this.#state = "idle";
    } catch (error) {
      this.failed(error);
    }
  }

  async #writeFilled(): Promise<void> {
    const full = this.#filling;
    this.#filling = this.#spare;
    const bytes = full.written();
    for (let at = 0; at < bytes.length;) {
      if (this.#ended) return;
      at += await send(this.transport, bytes.subarray(at));
    }
    full.truncate(0);
    this.#spare = full;
  }

  get #ended(): boolean {
    return this.#state === "ended";
  }
}
