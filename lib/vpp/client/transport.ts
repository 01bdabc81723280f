import { reasonOf } from "../../log/mod.ts";
import { ConnectionError } from "./errors.ts";
import type { FrameBuffer } from "./framing.ts";

/** The part of Deno.Conn that is needed. */
export interface Transport {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

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
