import type { H2Response } from "../../../lib/h2/mod.ts";
import { text } from "./wire.ts";

/** An answer with nothing in it. */
export const ok: H2Response = { status: 200, headers: [] };

/** A body of these parts. */
export async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(text(part));
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** The whole of a body. */
export async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  let all = "";
  for await (const chunk of body) all += new TextDecoder().decode(chunk);
  return all;
}
