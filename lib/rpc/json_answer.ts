import type { ContextValues } from "@connectrpc/connect";
import { createContextKey, createContextValues } from "@connectrpc/connect";
import type { UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";

/** Where an implementation leaves its response as JSON text. */
interface Slot {
  text: Uint8Array | undefined;
}

const key = createContextKey<Slot | undefined>(undefined);

/**
 * Runs a handler whose implementation may answer with ready JSON text. Writing a message as JSON
 * is one step in Connect's handlers; with thousands of entries it holds the event loop too long.
 */
export async function withJsonAnswer(
  handler: (request: UniversalServerRequest) => Promise<UniversalServerResponse>,
  request: UniversalServerRequest,
): Promise<UniversalServerResponse> {
  const slot: Slot = { text: undefined };
  const contextValues = (request.contextValues ?? createContextValues()).set(key, slot);
  const response = await handler({ ...request, contextValues });
  const { text } = slot;
  if (!text || response.status !== 200) return response;
  const header = new Headers(response.header);
  header.set("content-length", String(text.length));
  header.delete("content-encoding");
  return { ...response, header, body: once(text) };
}

/** How the implementation answers in JSON text, where its caller has made room for it. */
export function jsonAnswerOf(
  values: ContextValues,
): ((text: Uint8Array) => void) | undefined {
  const slot = values.get(key);
  return slot && ((text) => void (slot.text = text));
}

async function* once(chunk: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(chunk);
}
