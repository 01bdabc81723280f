/** A server that answers 200, on each of these addresses. */
export class TestServers implements AsyncDisposable {
  readonly port: number;
  readonly #servers: Deno.HttpServer[];

  constructor(addresses: readonly string[]) {
    const [first = "127.0.0.1", ...others] = addresses;
    const lead = listen(first, 0);
    this.port = lead.addr.port;
    this.#servers = [lead, ...others.map((address) => listen(address, this.port))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.shutdown()));
  }
}

function listen(hostname: string, port: number): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname, port, onListen: () => {} }, () => new Response("well\n"));
}
