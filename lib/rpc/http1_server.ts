import type { ByteConn } from "../h2/mod.ts";
import { makePrivateSocket, removeLeftovers } from "./private_socket.ts";
import type { PrivateSocket } from "./private_socket.ts";

/** `Deno.serve` behind a private socket, for connections that are not HTTP/2. */
export class Http1Server {
  readonly #socket: PrivateSocket;
  readonly #server: Deno.HttpServer<Deno.UnixAddr>;
  readonly #abort: AbortController;

  private constructor(
    socket: PrivateSocket,
    handler: (request: Request) => Promise<Response>,
    onError: (error: unknown) => void,
  ) {
    this.#socket = socket;
    this.#abort = new AbortController();
    this.#server = Deno.serve({
      path: socket.path,
      signal: this.#abort.signal,
      onListen: () => {},
      onError: (error) => {
        onError(error);
        return new Response("internal error\n", { status: 500 });
      },
    }, handler);
  }

  /** Starts serving, and clears away what killed daemons left behind. */
  static async start(
    handler: (request: Request) => Promise<Response>,
    onError: (error: unknown) => void,
  ): Promise<Http1Server> {
    const socket = await makePrivateSocket();
    await removeLeftovers(socket);
    return new Http1Server(socket, handler, onError);
  }

  /** Where it listens. */
  get path(): string {
    return this.#socket.path;
  }

  /** A new connection to the server. */
  connect(): Promise<ByteConn> {
    return Deno.connect({ transport: "unix", path: this.#socket.path });
  }

  /** Ends whatever is left and removes the socket. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#server.finished.catch(() => {});
    await this.#socket.remove();
  }
}
