/** A server that answers 200, on each of these addresses. */
export class TestServers implements AsyncDisposable {
  readonly port: number;
  /** Requests so far. */
  requests = 0;
  readonly #servers: Deno.HttpServer[];

  constructor(addresses: readonly string[]) {
    const [first = "127.0.0.1", ...others] = addresses;
    const count = () => void this.requests++;
    const lead = listen(first, 0, count);
    this.port = lead.addr.port;
    this.#servers = [lead, ...others.map((address) => listen(address, this.port, count))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.shutdown()));
  }
}

function listen(
  hostname: string,
  port: number,
  count: () => void,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname, port, onListen: () => {} }, () => {
    count();
    return new Response("well\n");
  });
}
