import {
  DecodeError,
  decodeMessage,
  FrameBuffer,
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

/**
 * The longest message believed. `show lb vips verbose` takes about 1.5 MB for 1,000 VIPs of 20
 * servers, in one frame.
 */
const maxMessageLength = 64 * 1024 * 1024;

/** Cuts what VPP sends into messages. ConnectionError when the length of one cannot be true. */
export function framesOfVpp(): FrameBuffer {
  return new FrameBuffer({ least: 2, most: maxMessageLength }, (length) =>
    new ConnectionError(
      `VPP announced a message of ${length} bytes, possible are 2 to ${maxMessageLength}`,
    ));
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

/** Bytes that there is room for at first. */
const initialSpace = 64 * 1024;

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
