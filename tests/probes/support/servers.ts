import { createServer } from "node:net";
import type { Namespace } from "../../net/support/namespaces.ts";

/** What a server does with each connection; thrown errors mean that the client went away. */
export type Behaviour = (connection: Deno.Conn) => Promise<void>;

/** A server in this process and namespace, for clients that are to be surprised. */
export class TestServer implements AsyncDisposable {
  readonly #listener: Deno.Listener;
  readonly #open = new Set<Deno.Conn>();
  readonly #served: Promise<void>;

  private constructor(listener: Deno.Listener, behaviour: Behaviour) {
    this.#listener = listener;
    this.#served = this.#serve(behaviour);
  }

  /** One that speaks plain TCP on a port of the loopback address. */
  static tcp(behaviour: Behaviour, hostname = "127.0.0.1"): TestServer {
    return new TestServer(Deno.listen({ hostname, port: 0 }), behaviour);
  }

  /** One that speaks TLS. */
  static tls(cert: string, key: string, behaviour: Behaviour): TestServer {
    const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    return new TestServer(listener, behaviour);
  }

  /** Where it listens. */
  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async #serve(behaviour: Behaviour): Promise<void> {
    const served: Promise<void>[] = [];
    for (;;) {
      try {
        served.push(this.#handle(await this.#listener.accept(), behaviour));
      } catch (error) {
        // A client that resets during a TLS handshake must not end the server.
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
          break;
        }
      }
    }
    await Promise.all(served);
  }

  async #handle(connection: Deno.Conn, behaviour: Behaviour): Promise<void> {
    this.#open.add(connection);
    try {
      await behaviour(connection);
    } catch {
      // The client closed, or the test is over.
    } finally {
      this.#open.delete(connection);
      close(connection);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) close(connection);
    await this.#served;
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

/** Answers the first thing that comes with `response`, and closes. */
export function answering(response: string | Uint8Array<ArrayBuffer>): Behaviour {
  const bytes = typeof response === "string" ? new TextEncoder().encode(response) : response;
  return async (connection) => {
    await connection.read(new Uint8Array(4096));
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  };
}

/** Reads until the client goes away, without a word. */
export const silent: Behaviour = async (connection) => {
  while (await connection.read(new Uint8Array(4096)) !== null);
};

/** Closes at once, in good order. */
export const closing: Behaviour = () => Promise.resolve();

/** Sends `piece` again and again until the client goes away. */
export function repeating(first: string, piece: string): Behaviour {
  const encoder = new TextEncoder();
  return async (connection) => {
    await connection.write(encoder.encode(first));
    for (;;) await connection.write(encoder.encode(piece));
  };
}

/** Sends `text` one byte at a time, a turn of the event loop between them, then falls silent. */
export function trickling(text: string): Behaviour {
  return async (connection) => {
    for (const byte of new TextEncoder().encode(text)) {
      await connection.write(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve));
    }
    await silent(connection);
  };
}

/** A server that resets every connection as soon as something came, which Deno's own cannot. */
export async function startResettingServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    socket.once("data", () => socket.resetAndDestroy());
    socket.on("error", () => {});
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on TCP");
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise<void>((closed) => void server.close(() => closed())),
  };
}

/** A real nginx in a namespace. */
export class Nginx implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #directory: string;
  /** The worker, which does all the work, so that it can be stopped. */
  readonly #status: Promise<Deno.CommandStatus>;

  private constructor(process: Deno.ChildProcess, directory: string) {
    this.#process = process;
    this.#directory = directory;
    this.#status = process.status;
  }

  /** Starts one whose `http` block holds `servers`; it has no workers but itself. */
  static async start(namespace: Namespace, servers: string): Promise<Nginx> {
    const directory = await Deno.makeTempDir({ prefix: "mgl-nginx-" });
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${directory};`).join(" ");
    await Deno.writeTextFile(
      `${directory}/nginx.conf`,
      `daemon off; master_process off; pid ${directory}/pid; error_log stderr crit;
       events { worker_connections 4096; }
       http { access_log off; ${temporary} ${servers} }`,
    );
    const args = ["-e", "stderr", "-p", directory, "-c", `${directory}/nginx.conf`];
    const options = { stdout: "null", stderr: "null" } as const;
    return new Nginx(namespace.command("nginx", args, options).spawn(), directory);
  }

  /** Sends it a signal; `ip netns exec` has become nginx, so it is the one to get it. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.#status;
    await Deno.remove(this.#directory, { recursive: true });
  }
}
