/** Version of the tables, kept as SQLite's user_version. A file with a higher one is not touched. */
export const version = 5;

/** What version 2 has besides: the journal. */
const journalTables = `
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    body TEXT NOT NULL
  );
`;

/** What version 3 has besides: drains, as JSON, null for none. */
const drainColumn = `
  ALTER TABLE backends ADD COLUMN drain TEXT;
`;

/** What version 4 has besides: who was in use in frontends that may fail open, as JSON. */
const failOpenTable = `
  CREATE TABLE fail_opens (frontend TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
`;

/** What version 5 has besides: what is remembered of flaps, as JSON, null for nothing. */
const flapsColumn = `
  ALTER TABLE backends ADD COLUMN flaps TEXT;
`;

/** Makes the tables out of those of an older version, 0 being none. */
export function migration(from: number): string {
  const steps = [firstTables, journalTables, drainColumn, failOpenTable, flapsColumn].slice(from);
  return `${steps.join("")} PRAGMA user_version = ${version};`;
}

const firstTables = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE backends (
    name TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    counter INTEGER NOT NULL,
    since REAL NOT NULL,
    enabled INTEGER,
    said_by TEXT,
    said_from TEXT,
    said_at REAL
  ) WITHOUT ROWID;
  CREATE TABLE weights (
    frontend TEXT NOT NULL,
    pool TEXT NOT NULL,
    backend TEXT NOT NULL,
    weight INTEGER NOT NULL,
    file_weight INTEGER NOT NULL,
    said_by TEXT,
    said_from TEXT,
    said_at REAL,
    PRIMARY KEY (frontend, pool, backend)
  ) WITHOUT ROWID;
  CREATE TABLE flushes (
    vip TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (vip, address)
  ) WITHOUT ROWID;
`;

/**
 * How a file is used: what was committed outlives a loss of power. What is written is worked into the
 * file after 128 KiB, so that what waits for that does not itself fill a small disk.
 */
export const settings = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 32;
  PRAGMA journal_size_limit = 4194304;
`;
