import {
  type H2Handler,
  type H2ServeOptions,
  type H2Session,
  serveH2,
} from "../../../lib/h2/mod.ts";

/** A server on a port of its own; disposing of it closes what is open and waits for it. */
export class TestServer implements AsyncDisposable {
  readonly port: number;
  readonly sessions = new Set<H2Session>();
  readonly #listener: Deno.TcpListener;
  readonly #accepting: Promise<void>;
  readonly #handler: H2Handler;
  readonly #options: H2ServeOptions;

  constructor(handler: H2Handler, options: H2ServeOptions = {}) {
    this.#handler = handler;
    this.#options = options;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Where clients find it, without TLS. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const session of this.sessions) session.close();
    await Promise.all([...this.sessions].map((session) => session.closed));
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      const session = serveH2(conn, this.#handler, this.#options);
      this.sessions.add(session);
      session.closed.then(() => this.sessions.delete(session));
    }
  }
}

/**
 * The handler that peers talk to: `/echo` sends the body back, `/count` tells its length,
 * `/zeros?N` answers N octets, `/wait` answers when the stream is aborted; all but the last with a
 * trailer.
 */
export const peerHandler: H2Handler = async (request) => {
  const [path, argument = "0"] = request.path.split("?");
  const headers = [["content-type", "application/octet-stream"]] as const;
  const trailers = () => [["x-checked", "yes"]] as const;
  switch (path) {
    case "/echo":
      return { status: 200, headers, body: request.body, trailers };
    case "/count":
      return { status: 200, headers, body: once(String(await count(request.body))), trailers };
    case "/zeros":
      return { status: 200, headers, body: zeros(Number(argument)), trailers };
    case "/wait":
      return { status: 200, headers, body: untilAborted(request.signal) };
    default:
      return { status: 404, headers: [] };
  }
};

async function count(body: AsyncIterable<Uint8Array>): Promise<number> {
  let octets = 0;
  for await (const chunk of body) octets += chunk.length;
  return octets;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}

async function* zeros(octets: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(65_536);
  for (let left = octets; left > 0; left -= chunk.length) {
    yield await Promise.resolve(chunk.subarray(0, Math.min(left, chunk.length)));
  }
}

async function* untilAborted(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("waiting");
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
