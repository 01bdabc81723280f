import type { ContextValues } from "@connectrpc/connect";
import { createContextKey, createContextValues } from "@connectrpc/connect";

const key = createContextKey("");

/** Values of a call that came from `peer`, on its way through Connect's handlers. */
export function fromPeer(peer: string): ContextValues {
  return createContextValues().set(key, peer);
}

/** Where a call came from; empty where its adapter does not say. */
export function peerOf(values: ContextValues): string {
  return values.get(key);
}
