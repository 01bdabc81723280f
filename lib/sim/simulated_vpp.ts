import {
  acceptSeqpacket,
  type FileDescriptor,
  listenSeqpacket,
  type Mapping,
  mapShared,
  memfd,
  NetError,
  sendFd,
} from "../net/mod.ts";
import { Buffer } from "node:buffer";
import type { Api } from "./api.ts";
import type { Peer } from "./dispatcher.ts";
import { type ProcessOptions, VppProcess } from "./process.ts";
import { segmentBytes } from "./vpp.ts";
import type { Gate } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { framesOfClient } from "./messages.ts";

/** How to run a simulated VPP on sockets. */
export interface SimulatedVppOptions extends ProcessOptions {
  /** The API socket. */
  readonly apiPath: string;
  /** The stats socket. */
  readonly statsPath: string;
}

/** What one running VPP holds of the system. */
interface Resources {
  readonly memory: FileDescriptor;
  readonly mapping: Mapping;
  api: ApiServer | undefined;
  stats: StatsServer | undefined;
}

/** A VPP on sockets of its own, its stats segment in shared memory. */
export class SimulatedVpp extends VppProcess implements AsyncDisposable {
  readonly #paths: Pick<SimulatedVppOptions, "apiPath" | "statsPath">;
  readonly #ending = new Set<Promise<void>>();
  #resources: Resources | undefined;

  /** Nothing is opened yet. */
  constructor(options: SimulatedVppOptions) {
    super(options);
    this.#paths = options;
  }

  /** Ends it and removes its sockets; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.kill("stopped");
    await Promise.all(this.#ending);
    removeIfThere(this.#paths.apiPath);
    removeIfThere(this.#paths.statsPath);
  }

  /** See {@link stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Closes the stats socket and removes it. Segments handed out stay readable. */
  stopStats(): void {
    if (!this.#resources?.stats) return;
    this.#untilEnded(this.#resources.stats.close());
    this.#resources.stats = undefined;
    removeIfThere(this.#paths.statsPath);
  }

  /** Opens the stats socket again. */
  startStats(): void {
    if (!this.#resources || this.#resources.stats) return;
    this.#resources.stats = new StatsServer({
      path: this.#paths.statsPath,
      segment: this.#resources.memory,
      gate: this.gate,
      journal: this.journal,
    });
  }

  protected override allocate(): ArrayBuffer {
    const memory = memfd("sim-stats", segmentBytes);
    const mapping = mapShared(memory, segmentBytes);
    this.#resources = { memory, mapping, api: undefined, stats: undefined };
    return mapping.buffer;
  }

  /** @internal */
  protected override open(api: Api): void {
    if (!this.#resources) return;
    removeIfThere(this.#paths.statsPath);
    this.#resources.api = new ApiServer(this.#paths.apiPath, api);
    this.startStats();
  }

  /** As after `kill -9` the sockets stay in the file system, and nobody listens. */
  protected override close(): void {
    if (!this.#resources) return;
    const { api, stats, mapping, memory } = this.#resources;
    this.#resources = undefined;
    if (api) this.#untilEnded(api.close());
    if (stats) this.#untilEnded(stats.close());
    mapping[Symbol.dispose]();
    memory[Symbol.dispose]();
  }

  #untilEnded(work: Promise<void>): void {
    const ended = work.finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** How soon a client is noticed, in real time whatever the clock of the test says. */
const pollMs = 3;

/** What the stats socket needs. */
interface StatsServerOptions {
  readonly path: string;
  /** The segment, which each client gets a descriptor of. */
  readonly segment: FileDescriptor;
  readonly gate: Gate;
  readonly journal: Journal;
}

/** The stats socket: whoever connects gets the segment's descriptor and is let go. */
class StatsServer {
  readonly #listener: FileDescriptor;
  #stopped = false;
  readonly #done: Promise<void>;

  /** Listens at once; nothing may lie at the path. */
  constructor(private readonly options: StatsServerOptions) {
    this.#listener = listenSeqpacket(options.path);
    this.#done = this.#accept();
  }

  /** Stops listening. Resolves when nothing runs any more. */
  close(): Promise<void> {
    this.#stopped = true;
    this.#listener[Symbol.dispose]();
    return this.#done;
  }

  async #accept(): Promise<void> {
    const { gate, segment, journal } = this.options;
    while (!this.#stopped) {
      try {
        using client = await acceptSeqpacket(this.#listener, { timeoutMs: pollMs });
        await gate.passed();
        if (this.#stopped) return;
        journal.note({ kind: "stats-client" });
        sendFd(client, segment);
      } catch (error) {
        // Nobody has come, a client has gone again, or the listener was closed.
        if (!(error instanceof NetError) && !this.#stopped) throw error;
      }
    }
  }
}

/** What the runtime says of a connection that is over, and what is said of no frame. */
const ends = [...Object.values(Deno.errors), RangeError];

/** Unread replies that a client may pile up before it is cut off, in bytes. */
const mostUnread = 256 * 1024 * 1024;

/** One client of the API socket. */
class Connection implements Peer {
  clientIndex: number | undefined;
  readonly #conn: Deno.Conn;
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  /** `number` tells connections apart in the journal. */
  constructor(conn: Deno.Conn, readonly number: number) {
    this.#conn = conn;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Messages until the client goes or {@link close} is called. */
  async *messages(): AsyncGenerator<Uint8Array> {
    const frames = framesOfClient();
    try {
      while (!this.#closed) {
        const length = await this.#conn.read(frames.space());
        if (length === null) return;
        frames.filled(length);
        for (let message = frames.next(); message; message = frames.next()) yield message;
      }
    } catch (error) {
      // The client or we have closed it, or it sent what no frame can be: either way it is over.
      if (!ends.some((kind) => error instanceof kind)) throw error;
    } finally {
      this.close();
    }
  }

  /** As {@link Peer.send}; many leave at once. */
  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (this.#queued > mostUnread) return this.close();
    if (this.#queue.length === 1) this.#writing = this.#writing.then(() => this.#drain());
  }

  /** Resolves when everything queued so far has been handed to the kernel. */
  flushed(): Promise<void> {
    return this.#writing;
  }

  /** Drops the client, unsent bytes included. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.length = 0;
    this.#conn.close();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 && !this.#closed) {
      const bytes = Buffer.concat(this.#queue.splice(0));
      this.#queued = 0;
      try {
        for (let sent = 0; sent < bytes.length;) {
          sent += await this.#conn.write(bytes.subarray(sent));
        }
      } catch {
        this.close();
      }
    }
  }
}

/** Makes the paths of listeners differ. */
let bound = 0;

/** The API socket: accepts clients and hands their messages to the API. */
class ApiServer {
  readonly #api: Api;
  readonly #listener: Deno.UnixListener;
  readonly #connections = new Set<Connection>();
  readonly #done: Promise<void>;
  #accepted = 0;

  /** Listens at once, in the place of what may lie at that path. */
  constructor(path: string, api: Api) {
    this.#api = api;
    // When a listener ends, Deno removes the path it was bound to, some time later: by then the
    // next VPP may have put its own socket there.
    const own = `${path}.${++bound}`;
    this.#listener = Deno.listen({ transport: "unix", path: own });
    Deno.renameSync(own, path);
    this.#done = this.#accept();
  }

  /** Drops all clients and stops listening. Resolves when nothing runs any more. */
  close(): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    return this.#done;
  }

  async #accept(): Promise<void> {
    const serving = new Set<Promise<void>>();
    for await (const conn of this.#listener) {
      const connection = new Connection(conn, ++this.#accepted);
      this.#connections.add(connection);
      const served = this.#serve(connection).finally(() => serving.delete(served));
      serving.add(served);
    }
    await Promise.all(serving);
  }

  async #serve(connection: Connection): Promise<void> {
    this.#api.connected(connection);
    for await (const message of connection.messages()) {
      await this.#api.handle(connection, message);
      if (connection.closed) break;
    }
    this.#connections.delete(connection);
    await connection.flushed();
    this.#api.disconnected(connection);
  }
}
