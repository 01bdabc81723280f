/** Connections that are reset as soon as they are made: as a scanner does it, or an attacker. */
export class Resetter implements Disposable {
  readonly #libc = Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });

  /** Connects to a port of 127.0.0.1 and resets the connection, before it can be accepted. */
  reset(port: number): void {
    const { socket, connect, setsockopt, close } = this.#libc.symbols;
    const fd = socket(afInet, sockStream, 0);
    const address = Uint8Array.of(afInet, 0, port >> 8, port & 255, 127, 0, 0, 1, ...padding);
    if (connect(fd, address, address.length) !== 0) throw new Error("cannot connect");
    setsockopt(fd, solSocket, soLinger, new Uint8Array(Int32Array.of(1, 0).buffer), 8);
    close(fd);
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }
}

const afInet = 2;
const sockStream = 1;
const solSocket = 1;
const soLinger = 13;
const padding = new Uint8Array(8);
