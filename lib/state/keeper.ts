import type { Checker, SavedBackend } from "../checker/mod.ts";
import type { EventPage, EventQuery, Journal, MaglevEvent } from "../events/mod.ts";
import { LimitedLog, type Logger } from "../log/mod.ts";
import { type Clock, type Timer, yieldIfDue } from "../time/mod.ts";
import { Commits, waitMs } from "./commits.ts";
import { Condition, type StateCondition } from "./condition.ts";
import { Dirty, type Taken } from "./dirty.ts";
import type { Batch, SavedFlushes, SavedState, Trouble, Written } from "./types.ts";
import type { Keeping } from "./worker_client.ts";

/** How long changes gather that nobody waits for before they are kept, in milliseconds. */
const gatherMs = 50;

/**
 * How often it is noted that all is still as kept, what no event tells is looked for, and what
 * failed is tried again.
 */
const aliveMs = 10_000;

/** What a disk may take for the end, in milliseconds: the service manager waits for three times that. */
const closeMs = 5_000;

/** Backends and frontends of one batch: what is sent to the worker takes a millisecond or two. */
const mostPerBatch = 1_000;

/** Backends that are looked at before it is time to look at the clock. */
const looksPerTurn = 64;

/** What a keeper works with. */
export interface KeeperOptions {
  readonly keeping: Keeping;
  readonly clock: Clock;
  readonly log: Logger;
  /** What outlives the process as well. */
  readonly journal: Journal;
}

/** The part of the checker that is kept. */
export type Kept = Pick<
  Checker,
  "backendNames" | "frontendNames" | "saved" | "savedWeights" | "savedFailOpen" | "events"
>;

/** What somebody's orders were about, by name. */
export interface Concerned {
  readonly backends: readonly string[];
  readonly frontends: readonly string[];
}

/** Events of one batch. */
const mostEvents = 500;

/** Numbers that are claimed ahead, so that none is given twice however a process ends. */
const claimed = 100_000;

/**
 * Keeps what the next maglevd needs to know: what operators said, and health. What changes is kept
 * within some 50 ms; that nothing changes is noted every 10 s.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #warnings: LimitedLog;
  readonly #commits: Commits;
  readonly #condition: Condition;
  readonly #dirty = new Dirty();
  /** What the file holds of each backend. */
  readonly #known = new Map<string, SavedBackend>();
  #checker: Kept | undefined;
  #unsubscribe: (() => void) | undefined;
  #timer: Timer | undefined;
  #alive: Timer | undefined;
  #working: Promise<void> | undefined;
  /** Weights may be others than kept, of whatever frontend. */
  #isAnything = true;
  /** Everything is to be looked at, as soon as whoever is at work gets to it. */
  #isLookDue = false;
  #isWritable = false;
  #isFailing = false;
  #isClosed = false;
  /** Number of the last event that is kept. */
  #keptSeq = 0;

  /** Keeps nothing yet. */
  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#warnings = new LimitedLog(options.log, options.clock);
    this.#commits = new Commits(options.clock);
    this.#condition = new Condition(() => options.clock.wall());
  }

  /** How it stands with the file. */
  get condition(): StateCondition {
    return this.#condition.told;
  }

  /** Reads what is kept, and says what is wrong with it. */
  async open(): Promise<SavedState> {
    const { state, isWritable, troubles } = await this.#options.keeping.open();
    this.#isWritable = isWritable;
    this.#tell(troubles);
    if (!isWritable) this.#condition.notKept(troubles.map(({ text }) => text).join("; "));
    for (const backend of state.backends) this.#known.set(backend.name, backend);
    for (const { frontend } of [...state.weights, ...state.failOpens]) {
      this.#dirty.frontends.add(frontend);
    }
    // What is told from now on has higher numbers.
    this.#keptSeq = state.lastSeq;
    return state;
  }

  /** One page of the journal on disk, of what memory does not hold any more. Never rejects. */
  list(query: EventQuery): Promise<EventPage> {
    const oldest = this.#options.journal.oldestSeq ?? Number.MAX_SAFE_INTEGER;
    return this.#options.keeping.list(query, oldest);
  }

  /** Keeps what becomes of `checker` from now on. Once. */
  follow(checker: Kept): void {
    if (!this.#isWritable) return;
    this.#checker = checker;
    this.#unsubscribe = checker.events.subscribe((event) => {
      if (this.#dirty.hear(event) === "anything") {
        this.#isAnything = true;
        this.#lookAgain(gatherMs);
      } else this.#soon(gatherMs);
    });
    this.#lookAgain(0);
  }

  /** Of a VIP, these are now all the servers whose flows have been moved. */
  flushed(flushes: SavedFlushes): void {
    if (!this.#isWritable) return;
    this.#dirty.flushed(flushes);
    this.#soon(gatherMs);
  }

  /**
   * Keeps what was said until now of these backends and frontends, at once. Resolves to why it is
   * not kept, or to undefined when it is on the disk; after some seconds in any case.
   */
  async kept({ backends, frontends }: Concerned): Promise<string | undefined> {
    if (!this.#isWritable) return this.#condition.told.notKept?.reason;
    for (const name of backends) this.#dirty.backends.add(name);
    for (const name of frontends) this.#dirty.frontends.add(name);
    const most = Math.max(this.#dirty.backends.size, this.#dirty.frontends.size, 1);
    const kept = this.#commits.wait(Math.ceil(most / mostPerBatch));
    if (!this.#isClosed) this.#work();
    return await kept;
  }

  /** Keeps what is left to be kept, if the disk takes it in time, and ends. */
  async close(): Promise<void> {
    const { clock, keeping } = this.#options;
    const limit = clock.after(closeMs, () => void keeping.close(0));
    this.#isClosed = true;
    this.#unsubscribe?.();
    this.#timer?.cancel();
    this.#alive?.cancel();
    await this.#working;
    // Also where it has failed: the disk may have room again, and nobody will try after this.
    if (this.#checker) {
      await this.#look(this.#checker);
      await this.#writeAll(this.#checker);
    }
    this.#commits.fail("maglevd has ended");
    await keeping.close(closeMs);
    limit.cancel();
    this.#warnings[Symbol.dispose]();
  }

  /** Has everything looked at, and again after a while. */
  #lookAgain(delayMs: number): void {
    this.#alive?.cancel();
    if (this.#isClosed) return;
    this.#alive = this.#options.clock.after(delayMs, () => {
      this.#isLookDue = true;
      this.#work();
    });
  }

  #soon(delayMs: number): void {
    if (this.#isClosed || this.#timer || this.#working) return;
    this.#timer = this.#options.clock.after(delayMs, () => this.#work());
  }

  /** The disk is asked one thing at a time: what comes up meanwhile waits for who is at work. */
  #work(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    // Before there is a checker there is nothing to keep: it begins as soon as there is one.
    if (this.#checker) this.#working ??= this.#lookAndWrite(this.#checker);
  }

  async #lookAndWrite(checker: Kept): Promise<void> {
    do {
      const isLooking = this.#isLookDue;
      this.#isLookDue = false;
      if (isLooking) await this.#look(checker);
      await this.#writeAll(checker);
      if (isLooking) this.#lookAgain(aliveMs);
    } while (this.#isLookDue && !this.#isClosed);
    this.#working = undefined;
    if (this.#commits.isAwaited) this.#soon(0);
    else if (!this.#isUpToDate) this.#soon(this.#isFailing ? aliveMs : gatherMs);
  }

  /**
   * Finds what no event tells: counters that have moved, operations that changed nothing, and what went
   * with a reload.
   */
  async #look(checker: Kept): Promise<void> {
    const { clock } = this.#options;
    if (this.#isAnything) {
      this.#isAnything = false;
      for (const name of checker.frontendNames()) this.#dirty.frontends.add(name);
    }
    const names = new Set(checker.backendNames());
    let looked = 0;
    for (const name of names) {
      const saved = checker.saved(name);
      if (saved && !isAlike(this.#known.get(name), saved)) this.#dirty.backends.add(name);
      if (++looked % looksPerTurn === 0) await yieldIfDue(clock);
    }
    for (const name of this.#known.keys()) if (!names.has(name)) this.#dirty.backends.add(name);
  }

  /** Writes what there is, piece by piece, at least that nothing has changed. */
  async #writeAll(checker: Kept): Promise<void> {
    do {
      if (!await this.#write(checker)) return;
    } while (!this.#isUpToDate);
  }

  /** Whether nothing waits to be kept, but for what no event tells. */
  get #isUpToDate(): boolean {
    return this.#dirty.isEmpty && this.#keptSeq === this.#options.journal.newestSeq;
  }

  /** The next events to be kept. Those that the journal holds no more are lost, which is said. */
  #nextEvents(): { readonly events: readonly MaglevEvent[]; readonly upTo: number } {
    const { journal } = this.#options;
    const { newestSeq, droppedSeq } = journal;
    const lost = droppedSeq - this.#keptSeq;
    if (lost > 0) this.#warnings.warn("journal-gap", { events: lost });
    const { events, next } = journal.list({
      ...{ order: "oldest", limit: mostEvents, after: this.#keptSeq },
    });
    // Some of those between may not be worth being kept.
    return { events, upTo: next ?? newestSeq };
  }

  /** Says whether it may go on. */
  async #write(checker: Kept): Promise<boolean> {
    const taken = this.#dirty.take(mostPerBatch);
    const { events, upTo } = this.#nextEvents();
    const batch = this.#batchOf(taken, checker, events);
    const committed = this.#commits.begin();
    const written = await this.#answered(this.#options.keeping.write(batch));
    this.#note(batch, upTo, written);
    if (written.kind === "kept") {
      committed();
      return true;
    }
    this.#dirty.putBack(taken);
    if (written.kind === "emptied") await this.#look(checker);
    return written.kind === "emptied";
  }

  /** Waits for the disk, and says so for as long as it does not answer. */
  async #answered(writing: Promise<Written>): Promise<Written> {
    const { clock } = this.#options;
    const begun = clock.now();
    const late = (delayMs: number): Timer =>
      clock.after(delayMs, () => {
        timer = late(aliveMs);
        this.#notKept(
          `the disk has not answered for ${Math.round((clock.now() - begun) / 1000)} s`,
        );
      });
    let timer = late(waitMs);
    try {
      return await writing;
    } finally {
      timer.cancel();
    }
  }

  /** In one go: what is said of several at one stroke shall be kept of all of them, or of none. */
  #batchOf(
    { backends: names, frontends, flushes }: Taken,
    checker: Kept,
    events: readonly MaglevEvent[],
  ): Batch {
    const backends = names.flatMap((name) => checker.saved(name) ?? []);
    const present = new Set(backends.map(({ name }) => name));
    return {
      aliveAt: this.#options.clock.wall(),
      backends,
      gone: names.filter((name) => !present.has(name)),
      frontends: frontends.map((name) => ({
        name,
        weights: checker.savedWeights(name),
        failOpen: checker.savedFailOpen(name),
      })),
      flushes,
      events,
      lastSeq: checker.events.lastSeq + (this.#isClosed ? 0 : claimed),
    };
  }

  #note({ backends, gone }: Batch, upTo: number, written: Written): void {
    const { log } = this.#options;
    switch (written.kind) {
      case "kept":
        for (const backend of backends) this.#known.set(backend.name, backend);
        for (const name of gone) this.#known.delete(name);
        this.#keptSeq = upTo;
        if (this.#isFailing) log.info("state-kept-again");
        this.#isFailing = false;
        this.#condition.kept();
        return;
      case "emptied":
        this.#tell(written.troubles);
        this.#known.clear();
        this.#keptSeq = this.#options.journal.droppedSeq;
        this.#isAnything = true;
        return;
      case "failed":
        this.#notKept(written.reason);
        this.#commits.fail(written.reason);
    }
  }

  #notKept(reason: string): void {
    this.#isFailing = true;
    this.#condition.notKept(reason);
    this.#warnings.error("state-not-kept", { err: reason });
  }

  #tell(troubles: readonly Trouble[]): void {
    for (const trouble of troubles) {
      this.#options.log[trouble.level]("state-trouble", { err: trouble.text });
      this.#condition.trouble(trouble);
    }
  }
}

function isAlike(a: SavedBackend | undefined, b: SavedBackend): boolean {
  return a !== undefined && a.state === b.state && a.counter === b.counter && a.since === b.since &&
    a.enabled === b.enabled && a.target === b.target && a.said?.at === b.said?.at &&
    a.said?.by.name === b.said?.by.name && a.drain === b.drain && a.flaps === b.flaps;
}
