/** The way to a server as a server of nothing but gRPC takes it: HTTP/2 or nothing. */

/** SETTINGS without settings: what a server begins with (RFC 9113 section 3.4). */
const settings = new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0]);

/** A listener whose connections go on to `target`, if they begin as HTTP/2 does. */
export class GrpcOnly implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #done: Promise<void>;

  constructor(target: string) {
    this.#done = this.#serve(Number(target.slice(target.lastIndexOf(":") + 1)));
  }

  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#done;
  }

  async #serve(port: number): Promise<void> {
    const connections: Promise<void>[] = [];
    try {
      for await (const connection of this.#listener) connections.push(forward(connection, port));
    } finally {
      await Promise.all(connections);
    }
  }
}

async function forward(connection: Deno.TcpConn, port: number): Promise<void> {
  const first = new Uint8Array(4096);
  const length = await connection.read(first) ?? 0;
  if (!new TextDecoder().decode(first.subarray(0, length)).startsWith("PRI * HTTP/2.0")) {
    await connection.write(settings);
    connection.close();
    return;
  }
  const target = await Deno.connect({ hostname: "127.0.0.1", port });
  const writer = target.writable.getWriter();
  await writer.write(first.subarray(0, length));
  writer.releaseLock();
  await spliced(connection, target);
}

/** Hands on what comes, both ways, until one side ends. */
export async function spliced(one: Deno.Conn, other: Deno.Conn): Promise<void> {
  // Either side may break off at any time.
  const broken = () => {};
  await Promise.all([
    one.readable.pipeTo(other.writable).catch(broken),
    other.readable.pipeTo(one.writable).catch(broken),
  ]);
}
