/** Connections that are reset as soon as they are made: as a scanner does it, or an attacker. */
export class Resetter implements Disposable {
  readonly #libc = Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });

  /**
   * Connects to a port of 127.0.0.1, or of another address, and resets the connection, before it
   * can be accepted. False if no connection came about within 200 ms.
   */
  reset(port: number, { to = "127.0.0.1", from }: { to?: string; from?: string } = {}): boolean {
    const { socket, bind, connect, setsockopt, close } = this.#libc.symbols;
    const fd = socket(afInet, sockStream, 0);
    if (from !== undefined) bind(fd, addressOf(from, 0), addressBytes);
    setsockopt(fd, solSocket, soSndTimeo, patience, patience.length);
    const connected = connect(fd, addressOf(to, port), addressBytes) === 0;
    setsockopt(fd, solSocket, soLinger, new Uint8Array(Int32Array.of(1, 0).buffer), 8);
    close(fd);
    return connected;
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }
}

function addressOf(host: string, port: number): Uint8Array<ArrayBuffer> {
  const address = new Uint8Array(addressBytes);
  address.set([afInet, 0, port >> 8, port & 255, ...host.split(".").map(Number)]);
  return address;
}

const addressBytes = 16;
const afInet = 2;
const sockStream = 1;
const solSocket = 1;
const soLinger = 13;
const soSndTimeo = 21;
/** A timeval: no seconds, so many microseconds. */
const patience = new Uint8Array(BigInt64Array.of(0n, 200_000n).buffer);
