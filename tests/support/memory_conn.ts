import type { ByteConn } from "../../lib/h2/mod.ts";

/** One direction of a connection in memory that holds `capacity` bytes. */
class Channel {
  #bytes: number[] = [];
  #ended = false;
  #broken = false;
  #wake: (() => void)[] = [];

  constructor(private readonly capacity: number) {}

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#bytes.length === 0 && !this.#ended && !this.#broken) await this.#change();
    if (this.#broken) throw new Deno.errors.BadResource("closed");
    if (this.#bytes.length === 0) return null;
    const taken = this.#bytes.splice(0, into.length);
    into.set(taken);
    this.#changed();
    return taken.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.#bytes.length >= this.capacity && !this.#broken && !this.#ended) {
      await this.#change();
    }
    if (this.#broken || this.#ended) throw new Deno.errors.BrokenPipe("closed");
    const room = this.capacity - this.#bytes.length;
    const taken = bytes.subarray(0, room);
    this.#bytes.push(...taken);
    this.#changed();
    return taken.length;
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  break(): void {
    this.#broken = true;
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** One end of a connection in memory. */
export class MemoryConn implements ByteConn {
  closed = false;
  #input: Channel;
  #output: Channel;

  private constructor(input: Channel, output: Channel) {
    this.#input = input;
    this.#output = output;
  }

  /** Two ends; each direction holds `capacity` bytes before writing has to wait. */
  static pair(capacity = 65_536): [MemoryConn, MemoryConn] {
    const [a, b] = [new Channel(capacity), new Channel(capacity)];
    return [new MemoryConn(a, b), new MemoryConn(b, a)];
  }

  read = (into: Uint8Array): Promise<number | null> => this.#input.read(into);
  write = (bytes: Uint8Array): Promise<number> => this.#output.write(bytes);

  closeWrite(): Promise<void> {
    this.#output.end();
    return Promise.resolve();
  }

  close(): void {
    if (this.closed) throw new Deno.errors.BadResource("closed already");
    this.closed = true;
    this.#input.break();
    this.#output.end();
  }

  /** Text that comes next. */
  async text(): Promise<string> {
    const buffer = new Uint8Array(65_536);
    const count = await this.read(buffer);
    return count === null ? "(end)" : new TextDecoder().decode(buffer.subarray(0, count));
  }

  /** Writes all of a text. */
  async say(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await this.write(bytes.subarray(at));
  }
}
