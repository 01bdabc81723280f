/**
 * Configuration files of a daemon at work. Big ones are parsed on a thread of their own. Both halves
 * are here: importing this does nothing, except in a worker that bears its name, where it answers.
 *
 * @module
 */

import { getPriority, setPriority } from "node:os";
import { reasonOf } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { serveAs, startWorker, type WorkerScope } from "../workers/mod.ts";
import type { HealthCheck } from "./check_types.ts";
import { type ConfigOutcome, fileProblem, parseBytes, readBytes } from "./parse.ts";
import type { ConfigProblem } from "./problems.ts";
import type { Backend, Frontend, Pool, PoolBackend } from "./types.ts";

/** Smaller files are parsed in less time than the event loop may be held up (10 ms). */
const directBytes = 8192;

/** A change within this long of another may leave a file's times as they were, in milliseconds. */
const settledMs = 2_000;

/** A file that was parsed, and what came of it. */
interface Known {
  /** The digest of its octets, and its path. */
  readonly key: string;
  /** What is another text when the file has been changed; undefined where that cannot be told. */
  readonly stamp: string | undefined;
  readonly outcome: ConfigOutcome;
}

/**
 * Loads files for a daemon at work: a big file is parsed by a worker and comes back in slices, so
 * that the event loop never stands still for long. Making the worker is the one long turn (some
 * 12 ms): load the first file through the same loader, before there is anything to hold up.
 */
export class ConfigLoader implements Disposable {
  readonly #worker: WorkerParser;
  /** The last big file that was valid. */
  #known: Known | undefined;

  /** The clock tells when a worker takes too long, and how old a file is. */
  constructor(private readonly clock: Clock) {
    this.#worker = new WorkerParser(clock);
  }

  /**
   * Reads and checks a file; never rejects. Files asked for at the same time are taken one after the
   * other. A big, valid file that has not changed since the last time is not parsed again: whoever has
   * it checked over and over would cost a core, and 100 times its size in memory.
   */
  async load(path: string): Promise<ConfigOutcome> {
    const stamp = await stampOf(path, this.clock.wall());
    if (stamp !== undefined && stamp === this.#known?.stamp) return this.#known.outcome;
    const bytes = await readBytes(path);
    if (!(bytes instanceof Uint8Array)) return bytes;
    if (bytes.length <= directBytes) return parseBytes(bytes, path);
    const key = `${await digest(bytes)} ${path}`;
    if (this.#known?.key === key) {
      this.#known = { ...this.#known, stamp };
      return this.#known.outcome;
    }
    const outcome = await this.#worker.parse(bytes, path);
    // What is wrong may be the worker.
    if (outcome.kind === "valid") this.#known = { key, stamp, outcome };
    return outcome;
  }

  /** Ends the worker; loads still under way come out as failed. */
  [Symbol.dispose](): void {
    this.#worker[Symbol.dispose]();
  }
}

/** Undefined where the file was changed so lately that its times need not tell of another change. */
async function stampOf(path: string, wall: number): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtime, ctime } = await Deno.stat(path);
    const [modified, changed] = [mtime?.getTime() ?? wall, ctime?.getTime() ?? wall];
    if (wall - Math.max(modified, changed) < settledMs) return undefined;
    return `${dev} ${ino} ${size} ${modified} ${changed} ${path}`;
  } catch {
    // Why it cannot be looked at is told by who reads it.
    return undefined;
  }
}

/** SHA-256, so that nobody can make two files look alike. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** The largest file takes a quarter of this on a slow machine, all slices included. */
const limitMs = 30_000;

/**
 * A worker that parses files. Making one holds the event loop up for some 12 ms, and ending it
 * gives little memory back, so it is kept from its first use until it is disposed of.
 */
export class WorkerParser implements Disposable {
  #worker: Worker | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;
  /** Fails the question that is under way. */
  #abandon: ((reason: Error) => void) | undefined;

  /** Workers are made by `start`. */
  constructor(
    private readonly clock: Clock,
    private readonly start: () => Worker = startParserWorker,
  ) {}

  /**
   * Parses after everything asked for before. The bytes are given away to the worker. A worker that
   * fails or does not end in time is ended, so that the next file gets another.
   */
  parse(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<ConfigOutcome> {
    const result = this.#queue.then(() => this.#parse(bytes, file));
    this.#queue = result;
    return result;
  }

  /**
   * The outcome comes in slices, each asked for when the one before was dealt with: of messages that
   * wait Deno delivers all before it turns to anything else.
   */
  async #parse(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<ConfigOutcome> {
    const limit = this.clock.after(limitMs, () => {
      this.#abandon?.(new Error(`it did not end within ${limitMs / 1000} s`));
    });
    try {
      if (this.#disposed) throw new Error("it has been stopped");
      const assembler = new Assembler();
      let slice = await this.#ask({ kind: "parse", file, bytes }, [bytes.buffer]);
      for (;;) {
        for (const piece of slice.pieces) assembler.add(piece);
        if (slice.last) return assembler.finish();
        slice = await this.#ask({ kind: "more" });
      }
    } catch (error) {
      this.#end();
      return fileProblem(file, `cannot be parsed: the worker failed: ${reasonOf(error)}`);
    } finally {
      limit.cancel();
    }
  }

  #ask(message: ToWorker, transfer: Transferable[] = []): Promise<Slice> {
    const worker = this.#worker ??= this.start();
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      worker.onmessage = ({ data }: MessageEvent<Slice>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(message, transfer);
    });
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Ends the worker. What it was still to parse comes out as failed. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#end();
    this.#abandon?.(new Error("it has been stopped"));
  }
}

/** Makes a worker that serves. */
export function startParserWorker(): Worker {
  return startWorker(import.meta.url, workerName);
}

/** The worker's name, by which a module knows that it runs as this worker. */
const workerName = "maglev-config";

/** Main thread to worker: first the file, then a call for each further slice. */
type ToWorker =
  | { readonly kind: "parse"; readonly file: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "more" };

/** Worker to main thread. */
interface Slice {
  readonly pieces: readonly Piece[];
  readonly last: boolean;
}

/** Copying this many pieces into the main thread takes less than 1 ms (bench/config_load.ts). */
const piecesPerSlice = 128;

/**
 * How much this thread gives way to the others (nice(1)): where cores are few, a file that is read
 * again and again shall not take half of one from those who steer VPP.
 */
const niceness = 10;

/** The lowest priority that there is. */
const lowest = 19;

function serve(scope: WorkerScope<ToWorker, Slice>): void {
  // 0 is the thread that asks, on Linux.
  setPriority(0, Math.min(lowest, getPriority(0) + niceness));
  const nothing: Iterator<Slice> = [][Symbol.iterator]();
  let slices = nothing;
  scope.onmessage = ({ data }) => {
    if (data.kind === "parse") slices = sliced(takeApart(parseBytes(data.bytes, data.file)));
    const next = slices.next();
    if (next.done) return;
    scope.postMessage(next.value);
    // The worker may live for long: it should not hold on to a configuration.
    if (next.value.last) slices = nothing;
  };
}

function* sliced(pieces: Iterable<Piece>): Generator<Slice> {
  let slice: Piece[] = [];
  for (const piece of pieces) {
    slice.push(piece);
    if (slice.length < piecesPerSlice) continue;
    yield { pieces: slice, last: false };
    slice = [];
  }
  yield { pieces: slice, last: true };
}

/**
 * A part of an outcome: first the whole without what there may be thousands of, then that. A pool
 * belongs to the frontend before it, a member to the pool.
 */
type Piece =
  | { readonly outcome: ConfigOutcome }
  | { readonly check: HealthCheck }
  | { readonly backend: Backend }
  | { readonly frontend: Frontend }
  | { readonly pool: Pool }
  | { readonly member: PoolBackend }
  | { readonly problem: ConfigProblem };

/** The pieces of an outcome, in the order that {@link Assembler} wants. */
function* takeApart(outcome: ConfigOutcome): Generator<Piece> {
  if (outcome.kind === "invalid") {
    yield { outcome: { ...outcome, problems: [] } };
    for (const problem of outcome.problems) yield { problem };
    return;
  }
  const { config } = outcome;
  const empty = { healthchecks: new Map(), backends: new Map(), frontends: new Map() };
  yield { outcome: { ...outcome, config: { ...config, ...empty } } };
  for (const check of config.healthchecks.values()) yield { check };
  for (const backend of config.backends.values()) yield { backend };
  for (const frontend of config.frontends.values()) {
    yield { frontend: { ...frontend, pools: [] } };
    for (const pool of frontend.pools) {
      yield { pool: { ...pool, backends: [] } };
      for (const member of pool.backends) yield { member };
    }
  }
}

/** Puts the pieces of one outcome together. */
class Assembler {
  readonly #healthchecks = new Map<string, HealthCheck>();
  readonly #backends = new Map<string, Backend>();
  readonly #frontends = new Map<string, Frontend>();
  readonly #problems: ConfigProblem[] = [];
  #outcome: ConfigOutcome | undefined;
  #pools: Pool[] = [];
  #members: PoolBackend[] = [];

  add(piece: Piece): void {
    if ("outcome" in piece) this.#outcome = piece.outcome;
    else if ("check" in piece) this.#healthchecks.set(piece.check.name, piece.check);
    else if ("backend" in piece) this.#backends.set(piece.backend.name, piece.backend);
    else if ("frontend" in piece) {
      this.#pools = [];
      this.#frontends.set(piece.frontend.name, { ...piece.frontend, pools: this.#pools });
    } else if ("pool" in piece) {
      this.#members = [];
      this.#pools.push({ ...piece.pool, backends: this.#members });
    } else if ("member" in piece) this.#members.push(piece.member);
    else this.#problems.push(piece.problem);
  }

  /** The whole, once all pieces were added. */
  finish(): ConfigOutcome {
    const outcome = this.#outcome;
    if (!outcome) throw new TypeError("the first piece of an outcome is missing");
    if (outcome.kind === "invalid") return { ...outcome, problems: this.#problems };
    const config = {
      ...outcome.config,
      healthchecks: this.#healthchecks,
      backends: this.#backends,
      frontends: this.#frontends,
    };
    return { ...outcome, config };
  }
}

serveAs(workerName, serve);
