import type { EventPage, EventQuery } from "../events/mod.ts";
import { reasonOf } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { startWorker } from "../workers/mod.ts";
import { type Batch, nothingSaved, type Opened, type Written } from "./types.ts";
import { type FromWorker, type ToWorker, workerModule, workerName } from "./worker_server.ts";

/** What a disk may take for a file: a start waits for no longer, for it would forget what was said. */
const openMs = 30_000;
/** What it may take for a batch, and for the end. */
const writeMs = 30_000;
const closeMs = 5_000;

/** Where state is kept: in a file that a worker looks after, or wherever a test likes. */
export interface Keeping {
  /** Reads what is kept. Never rejects. */
  open(): Promise<Opened>;
  /** Keeps a batch. Never rejects; not called again before it resolves. */
  write(batch: Batch): Promise<Written>;
  /** One page of the journal, of events before number `before` only. Never rejects. */
  list(query: EventQuery, before: number): Promise<EventPage>;
  /** Ends it. */
  close(): Promise<void>;
}

/** A file in `directory`, behind a worker: a slow disk holds up nobody else. */
export class FileKeeping implements Keeping {
  readonly #worker: Worker;
  /** Why the worker is of no use any more. */
  #failure: string | undefined;
  /** Resolves when the last question has its answer; undefined while there is none. */
  #turn: Promise<void> | undefined;
  /** Resolves when the last page that was asked for has been read. */
  #reading: Promise<unknown> = Promise.resolve();

  /** Starts the worker. */
  constructor(private readonly directory: string, private readonly clock: Clock) {
    this.#worker = startWorker(workerModule, workerName);
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
      return await this.#ask({ kind: "write", batch }, writeMs) as Written;
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

  async close(): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#ask({ kind: "close" }, closeMs);
    } catch (error) {
      this.#failure = reasonOf(error);
    }
    this.#failure ??= "it has been closed";
    this.#worker.terminate();
  }

  async #listNow(query: EventQuery, before: number): Promise<EventPage> {
    try {
      return await this.#ask({ kind: "list", query, before }, writeMs) as EventPage;
    } catch {
      // The same failure is told by whoever writes.
      return { events: [], next: undefined };
    }
  }

  /** One question at a time. Once one has not been answered in time, none is asked any more. */
  #ask(message: ToWorker, limitMs: number): Promise<FromWorker> {
    const ask = () => this.#askNow(message, limitMs);
    const answer = this.#turn ? this.#turn.then(ask) : ask();
    const turn = answer.then(() => {}, () => {}).then(() => {
      if (this.#turn === turn) this.#turn = undefined;
    });
    this.#turn = turn;
    return answer;
  }

  async #askNow(message: ToWorker, limitMs: number): Promise<FromWorker> {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<FromWorker>();
    const fail = (reason: string) => {
      this.#failure = reason;
      reject(new Error(reason));
    };
    const limit = this.clock.after(limitMs, () => {
      fail(`the disk took longer than ${limitMs / 1000} s`);
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message);
    };
    this.#worker.postMessage(message);
    try {
      return await promise;
    } finally {
      limit.cancel();
    }
  }
}
