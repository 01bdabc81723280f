import { type FileDescriptor, type Mapping, mapShared, memfd } from "../net/mod.ts";
import type { Api } from "./api.ts";
import { ApiServer } from "./api_server.ts";
import { type ProcessOptions, VppProcess } from "./process.ts";
import { StatsServer } from "./stats_server.ts";
import { segmentBytes } from "./vpp.ts";

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
