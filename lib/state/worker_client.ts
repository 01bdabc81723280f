import type { EventPage, EventQuery } from "../events/mod.ts";
import { reasonOf } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { startWorker } from "../workers/mod.ts";
import { type Batch, nothingSaved, type Opened, type Written } from "./types.ts";
import { type FromWorker, type ToWorker, workerModule, workerName } from "./worker_server.ts";

/** What a disk may take for a file: a start waits for no longer, for it would forget what was said. */
const openMs = 30_000;
/** What it may take for a page of the journal: maglevc waits for twice as long. */
const listMs = 5_000;

/** Where state is kept: in a file that a worker looks after, or wherever a test likes. */
export interface Keeping {
  /** Reads what is kept. Never rejects. */
  open(): Promise<Opened>;
  /**
   * Keeps a batch. Never rejects; not called again before it resolves, which it does when the disk
   * has answered, however long that takes.
   */
  write(batch: Batch): Promise<Written>;
  /** One page of the journal, of events before number `before` only. Never rejects. */
  list(query: EventQuery, before: number): Promise<EventPage>;
  /** Ends it within so many milliseconds, also where the disk does not answer. Never rejects. */
  close(limitMs: number): Promise<void>;
}

/** What a file needs of the thread that looks after it. */
export type StateWorker = Pick<Worker, "onmessage" | "onerror" | "postMessage" | "terminate">;

/** Who waits for an answer. The worker gives one to each question, in their order. */
interface Asker {
  readonly askedAt: number;
  readonly resolve: (answer: FromWorker) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * A file in `directory`, behind a worker: a slow disk holds up nobody else. A disk that hangs is
 * waited for, since the file is its worker's until that has ended: then another takes over.
 */
export class FileKeeping implements Keeping {
  #worker: StateWorker | undefined;
  /** Why there is no worker. */
  #reason = "";
  #isClosed = false;
  /** Those whom the worker owes an answer. */
  #askers: Asker[] = [];
  /** Resolves when the last page that was asked for has been read. */
  #reading: Promise<unknown> = Promise.resolve();

  /** Starts the worker. */
  constructor(
    private readonly directory: string,
    private readonly clock: Clock,
    private readonly start: () => StateWorker = () => startWorker(workerModule, workerName),
  ) {
    this.#begin();
  }

  async open(): Promise<Opened> {
    try {
      return await this.#ask({ kind: "open", directory: this.directory }, openMs) as Opened;
    } catch (error) {
      const text = `${this.directory}: ${reasonOf(error)}: nothing will be kept`;
      return { state: nothingSaved, isWritable: false, troubles: [{ level: "error", text }] };
    }
  }

  async write(batch: Batch): Promise<Written> {
    try {
      if (!this.#worker) return await this.#takeOver();
      return await this.#ask({ kind: "write", batch }) as Written;
    } catch (error) {
      return { kind: "failed", reason: reasonOf(error) };
    }
  }

  list(query: EventQuery, before: number): Promise<EventPage> {
    // One has its turn at a time: who has something to keep waits for no more than that one.
    const page = this.#reading.then(() => this.#listNow(query, before));
    this.#reading = page;
    return page;
  }

  async close(limitMs: number): Promise<void> {
    this.#isClosed = true;
    let reason = "it has been closed";
    try {
      if (this.#worker) await this.#ask({ kind: "close" }, limitMs);
    } catch {
      reason = "the disk has not answered before the end";
    }
    this.#end(reason);
  }

  async #listNow(query: EventQuery, before: number): Promise<EventPage> {
    try {
      // Others have waited in vain: what hangs is not asked for more.
      const oldest = this.#askers[0]?.askedAt ?? Infinity;
      if (this.clock.now() - oldest >= listMs) throw new Error("the disk hangs");
      return await this.#ask({ kind: "list", query, before }, listMs) as EventPage;
    } catch {
      // The same failure is told by whoever writes.
      return { events: [], next: undefined };
    }
  }

  /** Another worker opens the file. Whoever did so in between may have changed it. */
  async #takeOver(): Promise<Written> {
    if (this.#isClosed) throw new Error(this.#reason);
    const text = `${this.directory}: the thread that kept it has ended (${this.#reason})`;
    this.#begin();
    const opened = await this.#ask({ kind: "open", directory: this.directory }) as Opened;
    const troubles = [{ level: "error", text } as const, ...opened.troubles];
    if (opened.isWritable) return { kind: "emptied", troubles };
    const reason = opened.troubles.map(({ text }) => text).join("; ");
    this.#end(reason);
    return { kind: "failed", reason };
  }

  #begin(): void {
    const worker = this.#worker = this.start();
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#askers.shift()?.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      // One that has been ended may say so when another is at work.
      if (this.#worker === worker) this.#end(event.message);
    };
  }

  /** Nobody gets an answer any more. The first reason counts. */
  #end(reason: string): void {
    if (!this.#worker) return;
    this.#worker.terminate();
    this.#worker = undefined;
    this.#reason = reason;
    for (const { reject } of this.#askers) reject(new Error(reason));
    this.#askers = [];
  }

  /** Resolves to the answer; with a limit, rejects when that is over, and the answer is nobody's. */
  async #ask(message: ToWorker, limitMs?: number): Promise<FromWorker> {
    if (!this.#worker) throw new Error(this.#reason);
    const { promise, resolve, reject } = Promise.withResolvers<FromWorker>();
    this.#askers.push({ askedAt: this.clock.now(), resolve, reject });
    const limit = limitMs === undefined ? undefined : this.clock.after(limitMs, () => {
      reject(new Error(`the disk took longer than ${limitMs / 1000} s`));
    });
    this.#worker.postMessage(message);
    try {
      return await promise;
    } finally {
      limit?.cancel();
    }
  }
}
