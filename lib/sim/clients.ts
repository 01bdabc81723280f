import type { Peer } from "./peer.ts";
import { Pool } from "./pool.ts";

/** What tells a client of the socket from one in shared memory. */
const socketClient = 0x8000_0000;

/** Who has registered, by the client_index that their requests carry. */
export class Clients {
  /** VPP's listener has the first index. */
  readonly #pool = new Pool<Peer | "listener">();

  /** Nobody yet. */
  constructor() {
    this.#pool.put("listener");
  }

  /** The client's index; the same one if it has registered before. */
  register(peer: Peer): number {
    peer.clientIndex ??= (socketClient | this.#pool.put(peer)) >>> 0;
    return peer.clientIndex;
  }

  /** Forgets a client, whose index the next one gets. */
  forget(peer: Peer): void {
    if (peer.clientIndex === undefined) return;
    this.#pool.free(peer.clientIndex & ~socketClient);
    peer.clientIndex = undefined;
  }

  /** Whom replies to a request with this index go to. */
  find(clientIndex: number): Peer | undefined {
    if ((clientIndex & socketClient) === 0) return undefined;
    const client = this.#pool.get(clientIndex & ~socketClient);
    return client === "listener" ? undefined : client;
  }
}
