import { DatabaseSync } from "node:sqlite";
import type { EventPage, EventQuery } from "../events/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { backendOf, backendValues, failOpenOf, flushesOf, weightOf, weightValues } from "./rows.ts";
import { EventsTable, type JournalLimits, journalLimits } from "./events_table.ts";
import { migration, settings, version } from "./schema.ts";
import {
  type Batch,
  nothingSaved,
  type Opened,
  type SavedState,
  type Trouble,
  type Written,
} from "./types.ts";
import { walDamage } from "./wal.ts";

/** The file within the state directory. */
export const fileName = "state.db";

/** What SQLite says when it cannot get at a file. Whatever else it says is about what is in it. */
const access =
  /locked|unable to open|read-?only|disk I\/O error|is full|not authorized|out of memory/;

const noEvents: EventPage = { events: [], next: undefined };

/** What it keeps beside the file. */
const companions = ["", "-wal", "-shm", "-journal"];

/**
 * The state's file. Everything here takes as long as the disk does, so it belongs into a worker.
 * Whatever is wrong with the file is said, and never thrown.
 */
export class Store implements Disposable {
  readonly #path: string;
  readonly #now: () => number;
  #database: DatabaseSync | undefined;
  #statements: Statements | undefined;
  /** Of the file that is open. */
  #identity: string | undefined;
  /** What became of a file that could not be replaced; it is tried again with each batch. */
  #lost: string | undefined;

  /** Of a directory that exists, or can be made. `now` is Unix milliseconds. */
  constructor(
    private readonly directory: string,
    now: () => number,
    private readonly limits: JournalLimits = journalLimits,
  ) {
    this.#path = `${directory}/${fileName}`;
    this.#now = now;
  }

  /** Opens the file and reads it. */
  open(): Opened {
    try {
      Deno.mkdirSync(this.directory, { recursive: true, mode: 0o750 });
      const spoilt = this.#dropSpoiltWal();
      const lost = spoilt.length > 0 ? spoilt : this.#foundEmpty();
      const opened = this.#openFile();
      return { ...opened, troubles: [...lost, ...opened.troubles] };
    } catch (error) {
      this.#close();
      if (isDamage(error)) {
        const what = `was damaged (${reasonOf(error)})`;
        return this.#openAnew(what, "what it held is lost, health checking begins anew");
      }
      if (!/is locked/.test(reasonOf(error))) return this.#readOnly(error);
      return refused(`${this.#path} is in use by another process`);
    }
  }

  /** Keeps all of a batch, or nothing. */
  write(batch: Batch): Written {
    const [database, statements] = [this.#database, this.#statements];
    if (!database || !statements) return this.#writtenAnew(this.#lost);
    const present = this.#present();
    if (present === undefined) return this.#writtenAnew("was removed by somebody");
    // It may be that of another maglevd.
    if (present !== this.#identity) {
      return { kind: "failed", reason: "it was replaced by somebody" };
    }
    try {
      database.exec("BEGIN IMMEDIATE");
      statements.put(batch, this.#now());
      database.exec("COMMIT");
      return { kind: "kept" };
    } catch (error) {
      const reason = reasonOf(error);
      if (!isDamage(error)) {
        // What failed may have ended the transaction already.
        if (database.isTransaction) database.exec("ROLLBACK");
        statements.events.recount();
        return { kind: "failed", reason };
      }
      return this.#writtenAnew(`was damaged (${reason})`);
    }
  }

  /** The file that is there now; where that cannot be seen, the one that is open. */
  #present(): string | undefined {
    try {
      return identityOf(this.#path);
    } catch {
      // Writing goes on, and tells what is wrong if that fails.
      return this.#identity;
    }
  }

  /** Begins with another file because of what became of the one that there was, if there was one. */
  #writtenAnew(what: string | undefined): Written {
    if (what === undefined) return { kind: "failed", reason: "the file is not open" };
    this.#close();
    const { isWritable, troubles } = this.#openAnew(what, "all that is known is written anew");
    this.#lost = isWritable ? undefined : what;
    return isWritable ? { kind: "emptied", troubles } : { kind: "failed", reason: `it ${what}` };
  }

  /** One page of the journal, of events before number `before`; nothing where it cannot be read. */
  list(query: EventQuery, before: number): EventPage {
    const events = this.#statements?.events;
    try {
      return events?.list(query, before) ?? noEvents;
    } catch {
      // Whatever is wrong with the file is told by who writes to it next.
      return noEvents;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#close();
  }

  #openFile(): Opened {
    const database = this.#database = new DatabaseSync(this.#path);
    this.#identity = identityOf(this.#path);
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    const found = versionOf(database);
    if (found > version) {
      this.#close();
      return refused(
        `${this.#path} is of version ${found}, and this maglevd knows ${version} at most`,
      );
    }
    database.exec(settings);
    if (found < version) database.exec(`BEGIN IMMEDIATE; ${migration(found)} COMMIT`);
    const check = database.prepare("PRAGMA quick_check(1)").get();
    const verdict = String(check && Object.values(check)[0]);
    // Before it stands a line that names the database, of which there is one.
    if (verdict !== "ok") throw new DamageError(verdict.split("\n").at(-1));
    const events = new EventsTable(database, this.limits);
    const state = { ...read(database), events: events.last() };
    this.#statements = new Statements(database, events);
    return { state, isWritable: true, troubles: [] };
  }

  /** Moves changes aside that SQLite would pass over, and says so. */
  #dropSpoiltWal(): Trouble[] {
    // Twice: another process, whose log it is, may just be writing its header.
    const damage = walDamage(this.#path) && walDamage(this.#path);
    if (damage === undefined) return [];
    const wal = `${this.#path}-wal`;
    const aside = `${wal}${this.#damagedSuffix}`;
    moveAside(wal, aside);
    const text =
      `${wal} was damaged (${damage}) and is now ${aside}: the latest changes are lost, ` +
      "and what operators said last may be too";
    return [{ level: "error", text }];
  }

  /**
   * SQLite takes a file without content for a new one. A first start finds none at all; who was killed
   * in the moment of making it has left one as well.
   */
  #foundEmpty(): Trouble[] {
    if (identityOf(this.#path) === undefined || Deno.statSync(this.#path).size > 0) return [];
    const what = "what it held, if anything, is lost, and health checking begins anew";
    return [{ level: "error", text: `${this.#path} was empty, of 0 bytes: ${what}` }];
  }

  get #damagedSuffix(): string {
    return `.damaged-${new Date(this.#now()).toISOString().replace(/[:.]/g, "")}`;
  }

  /** Moves what is left of the file aside, of which this is said, and begins with nothing. */
  #openAnew(what: string, consequence: string): Opened {
    const aside = `${this.#path}${this.#damagedSuffix}`;
    try {
      const isLeft = identityOf(this.#path) !== undefined;
      Deno.mkdirSync(this.directory, { recursive: true, mode: 0o750 });
      for (const suffix of companions) moveAside(`${this.#path}${suffix}`, `${aside}${suffix}`);
      const text = `${this.#path} ${what}${isLeft ? ` and is now ${aside}` : ""}: ${consequence}`;
      return { ...this.#openFile(), troubles: [{ level: "error", text }] };
    } catch (second) {
      this.#close();
      return refused(
        `${this.#path} ${what} and cannot be replaced: ${reasonOf(second)}`,
      );
    }
  }

  /** A file that cannot be written may still tell what it holds. */
  #readOnly(error: unknown): Opened {
    const trouble = `${this.#path} cannot be written: ${reasonOf(error)}`;
    try {
      if (identityOf(this.#path) === undefined) return refused(trouble);
      return { ...refused(trouble), state: readCopy(this.#path) };
    } catch (second) {
      return refused(`${trouble}; nor read: ${reasonOf(second)}`);
    }
  }

  #close(): void {
    this.#statements = undefined;
    this.#database?.close();
    this.#database = undefined;
  }
}

/** SQLite's own check has found something. */
class DamageError extends Error {}

function isDamage(error: unknown): boolean {
  if (error instanceof DamageError) return true;
  const isOfSqlite = error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
  return isOfSqlite && !access.test(error.message);
}

/** What is prepared once. */
class Statements {
  readonly #prepared: ReturnType<typeof prepared>;

  constructor(database: DatabaseSync, readonly events: EventsTable) {
    this.#prepared = prepared(database);
  }

  put(batch: Batch, now: number): void {
    const { meta, backends, weights, failOpens, flushes } = this.#prepared;
    meta.put.run("alive-at", batch.aliveAt);
    meta.put.run("last-seq", batch.lastSeq);
    this.events.put(batch.events, now);
    for (const name of batch.gone) backends.drop.run(name);
    for (const backend of batch.backends) backends.put.run(...backendValues(backend));
    for (const { name, weights: own, failOpen } of batch.frontends) {
      weights.drop.run(name);
      for (const weight of own) weights.put.run(...weightValues(weight));
      if (failOpen) failOpens.put.run(name, JSON.stringify(failOpen));
      else failOpens.drop.run(name);
    }
    for (const { vip, addresses } of batch.flushes) {
      flushes.drop.run(vip);
      for (const address of addresses) flushes.put.run(vip, address);
    }
  }
}

/** How rows of each table are put and dropped. */
function prepared(database: DatabaseSync) {
  const table = (name: string, columns: number, key: string) => {
    const values = Array(columns).fill("?").join(", ");
    return {
      put: database.prepare(`REPLACE INTO ${name} VALUES (${values})`),
      drop: database.prepare(`DELETE FROM ${name} WHERE ${key} = ?`),
    };
  };
  return {
    meta: table("meta", 2, "name"),
    backends: table("backends", 11, "name"),
    weights: table("weights", 8, "frontend"),
    failOpens: table("fail_opens", 2, "frontend"),
    flushes: table("flushes", 2, "vip"),
  };
}

/** All but the events. */
function read(database: DatabaseSync): Omit<SavedState, "events"> {
  const all = (table: string) => database.prepare(`SELECT * FROM ${table}`).all();
  const meta = database.prepare("SELECT value FROM meta WHERE name = ?");
  const number = (name: string) => {
    const value = meta.get(name)?.value;
    return typeof value === "number" ? value : 0;
  };
  return {
    aliveAt: number("alive-at"),
    lastSeq: number("last-seq"),
    backends: all("backends").flatMap((row) => backendOf(row) ?? []),
    weights: all("weights").flatMap((row) => weightOf(row) ?? []),
    failOpens: all("fail_opens").flatMap((row) => failOpenOf(row) ?? []),
    flushes: flushesOf(all("flushes")),
  };
}

/**
 * Reads a file that cannot be written, which SQLite does not do where changes of the last process
 * still have to be worked in.
 */
function readCopy(path: string): SavedState {
  const folder = Deno.makeTempDirSync({ prefix: "maglevd-state-" });
  try {
    for (const suffix of ["", "-wal"]) copyIfThere(`${path}${suffix}`, `${folder}/copy${suffix}`);
    using database = new DatabaseSync(`${folder}/copy`);
    const found = versionOf(database);
    if (found !== version) throw new Error(`it is of version ${found}`);
    return { ...read(database), events: new EventsTable(database, journalLimits).last() };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function copyIfThere(from: string, to: string): void {
  try {
    if (Deno.statSync(from).size > mostCopied) throw new Error(`${from} is too big to be copied`);
    Deno.copyFileSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Ten thousand backends take a thirtieth of this. */
const mostCopied = 128 * 1024 * 1024;

/** What tells the file at a path from another one; undefined where there is none. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev} ${ino}`;
  } catch (error) {
    const { NotFound, NotADirectory } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return undefined;
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version ?? 0);
}

function refused(text: string): Opened {
  const told = { level: "error", text: `${text}: nothing will be kept` } as const;
  return { state: nothingSaved, isWritable: false, troubles: [told] };
}

function moveAside(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
