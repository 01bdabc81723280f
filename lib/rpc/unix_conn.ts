import type { Socket } from "node:net";
import type { Credentials } from "../access/mod.ts";
import { DuplexConn } from "../tls/mod.ts";
import type { NamedConn } from "./listener.ts";

/**
 * Octets that a connection reads ahead of who wants them. A stream of Node's would read 64 KiB, and
 * as much again as soon as somebody has taken some of it, which no budget knows of.
 */
export const readAhead = 8_192;

/** How Node reads into a buffer of ours (`net.Socket`, option `onread`). */
export interface ReadInto {
  readonly buffer: Uint8Array;
  /** So much is there; false: no more for now. */
  readonly callback: (count: number) => boolean;
}

/** A client at a Unix socket. Of what it sends it holds {@link readAhead} octets at most. */
export class UnixConn implements NamedConn {
  readonly #socket: Socket;
  readonly #stream: DuplexConn;
  readonly #buffer = new Uint8Array(readAhead);
  /** What of it nobody has taken. */
  #rest = this.#buffer.subarray(0, 0);
  #end: { readonly error: Error | undefined } | undefined;
  #wakeReader = () => {};

  /** `open` makes the socket, which is its own from now on. */
  constructor(
    open: (onread: ReadInto) => Socket,
    readonly peer: string,
    readonly credentials: Credentials,
  ) {
    const socket = this.#socket = open({
      buffer: this.#buffer,
      callback: (count) => {
        this.#rest = this.#buffer.subarray(0, count);
        this.#wakeReader();
        return false;
      },
    });
    this.#stream = new DuplexConn(socket);
    socket.on("end", () => this.#over(undefined));
    socket.on("error", (error: Error) => this.#over(error));
    socket.on("close", () => this.#over(new Deno.errors.BadResource("the connection is closed")));
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const count = Math.min(into.length, this.#rest.length);
      if (count > 0) {
        into.set(this.#rest.subarray(0, count));
        this.#rest = this.#rest.subarray(count);
        return count;
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return null;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
        this.#socket.resume();
      });
    }
  }

  write(octets: Uint8Array): Promise<number> {
    return this.#stream.write(octets);
  }

  closeWrite(): Promise<void> {
    return this.#stream.closeWrite();
  }

  close(): void {
    this.#stream.close();
    this.#over(new Deno.errors.BadResource("the connection is closed"));
  }

  #over(error: Error | undefined): void {
    this.#end ??= { error };
    this.#wakeReader();
  }
}
