import type { Api } from "./api.ts";
import { Connection } from "./connection.ts";

/** Makes the paths of listeners differ. */
let bound = 0;

/** The API socket: accepts clients and hands their messages to the API. */
export class ApiServer {
  readonly #api: Api;
  readonly #listener: Deno.UnixListener;
  readonly #connections = new Set<Connection>();
  readonly #done: Promise<void>;
  #accepted = 0;

  /** Listens at once, in the place of what may lie at that path. */
  constructor(path: string, api: Api) {
    this.#api = api;
    // When a listener ends, Deno removes the path it was bound to, some time later: by then the
    // next VPP may have put its own socket there.
    const own = `${path}.${++bound}`;
    this.#listener = Deno.listen({ transport: "unix", path: own });
    Deno.renameSync(own, path);
    this.#done = this.#accept();
  }

  /** Drops all clients and stops listening. Resolves when nothing runs any more. */
  close(): Promise<void> {
    this.#listener.close();
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
    this.#api.connected(connection);
    for await (const message of connection.messages()) {
      await this.#api.handle(connection, message);
      if (connection.closed) break;
    }
    this.#connections.delete(connection);
    await connection.flushed();
    this.#api.disconnected(connection);
  }
}
