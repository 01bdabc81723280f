/** A TCP client that says exactly what a test wants it to. */
export class RawClient implements Disposable {
  readonly #conn: Deno.Conn;
  #closed = false;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(address: string): Promise<RawClient> {
    const { hostname, port } = new URL(`tcp://${address}`);
    return new RawClient(await Deno.connect({ hostname, port: Number(port) }));
  }

  async send(bytes: string | Uint8Array): Promise<void> {
    const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    for (let at = 0; at < data.length;) at += await this.#conn.write(data.subarray(at));
  }

  /** What comes next; empty at the end. */
  async receive(): Promise<Uint8Array> {
    const buffer = new Uint8Array(65_536);
    const count = await this.#conn.read(buffer);
    return buffer.slice(0, count ?? 0);
  }

  /** Text up to the end of the connection, or up to where `until` is seen. */
  async text(until?: string): Promise<string> {
    let text = "";
    for (;;) {
      const bytes = await this.receive();
      if (bytes.length === 0) return text;
      text += new TextDecoder("latin1").decode(bytes);
      if (until !== undefined && text.includes(until)) return text;
    }
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }
}

/** A JSON call as curl would send it. */
export function jsonCall(method: string, body: object = {}, ...headers: string[]): string {
  const text = JSON.stringify(body);
  return [
    `POST /maglev.Maglev/${method} HTTP/1.1`,
    "host: localhost",
    "content-type: application/json",
    `content-length: ${text.length}`,
    ...headers,
    "",
    text,
  ].join("\r\n");
}

/** A call of a method that streams, in JSON, as a browser would send it. */
export function jsonStream(method: string): string {
  const text = "{}";
  return [
    `POST /maglev.Maglev/${method} HTTP/1.1`,
    "host: localhost",
    "content-type: application/connect+json",
    `content-length: ${text.length + 5}`,
    "",
    `\0\0\0\0${String.fromCharCode(text.length)}${text}`,
  ].join("\r\n");
}
