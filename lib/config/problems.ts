/** Which of the two checks failed: the file's form, or what it means. */
export type ConfigStage = "parse" | "semantic";

/**
 * Something about one place of a configuration file; by itself, that something in a valid file will
 * not do what it seems to say.
 */
export interface ConfigWarning {
  /** The file as the caller named it. */
  readonly file: string;
  /** From 1; 0 when it is about the file as a whole (it cannot be read). */
  readonly line: number;
  /** From 1, in UTF-16 code units, as editors count; 0 together with line 0. */
  readonly column: number;
  /** Such as `maglev.backends.web1.address`; empty for YAML syntax errors. */
  readonly path: string;
  /** What is wrong, with the value. */
  readonly message: string;
}

/** One thing wrong with a configuration file. */
export interface ConfigProblem extends ConfigWarning {
  /** The check that found it. */
  readonly stage: ConfigStage;
}

/** The problem as one line: `file:line:column: path: message`, without parts it doesn't have. */
export function formatProblem(problem: ConfigWarning): string {
  const { file, line, column, path, message } = problem;
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  return path === "" ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}

/** Where the lines of a text begin; built when a place is first asked for. */
export class LineIndex {
  #starts: number[] | undefined;

  constructor(private readonly text: string) {}

  /** Line and column, both from 1, of an offset. Offsets outside the text are moved to its ends. */
  place(offset: number): { readonly line: number; readonly column: number } {
    const starts = this.#starts ??= lineStarts(this.text);
    const at = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - (starts[low] ?? 0) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    starts.push(end + 1);
  }
  return starts;
}

/** Rules that only VPP makes are a phase of their own, the last one. */
export type Phase = "parse" | "semantic" | "vpp";

/** Something to say about one place. */
interface Note {
  readonly at: number;
  readonly path: string;
  readonly message: string;
}

interface Found extends Note {
  readonly phase: Phase;
}

/** What one stage found. */
interface StageProblems {
  readonly found: Found[];
  /** How many more there were. */
  left: number;
}

/** Of each stage: enough for any repair, and a bound on what a hostile file makes us keep. */
const maxProblems = 10_000;

/** Each is logged at every start and reload, so that more would only hide something else. */
const maxWarnings = 100;

/** Collects what is wrong with one text. Places are offsets until the end. */
export class ProblemList {
  readonly #parse: StageProblems = { found: [], left: 0 };
  readonly #semantic: StageProblems = { found: [], left: 0 };
  readonly #warnings: Note[] = [];
  #warningsLeft = 0;
  #slipAt = Infinity;
  readonly #seen = new Set<string>();
  readonly #file: string;
  readonly #lines: LineIndex;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines = new LineIndex(text);
  }

  /** Notes a problem; the same one again, as from an alias used twice, counts once. */
  add(phase: Phase, at: number, path: Path | undefined, message: string): void {
    if (phase !== "parse" && this.parseFailed) return;
    const stage = phase === "parse" ? this.#parse : this.#semantic;
    const key = `${at} ${path?.key} ${message}`;
    if (this.#seen.has(key)) return;
    if (stage.found.length >= maxProblems) {
      stage.left++;
      return;
    }
    this.#seen.add(key);
    stage.found.push({ phase, ...note(at, path, message) });
  }

  /**
   * Notes a line that is indented so that it belongs elsewhere. What comes after it is read out of
   * step: of problems of form only those before it are told.
   */
  slip(at: number, path: Path | undefined, message: string): void {
    this.add("parse", at, path, message);
    this.#slipAt = Math.min(this.#slipAt, at);
  }

  /** Notes what is allowed and yet hardly meant. Each place is noted once. */
  warn(at: number, path: Path, message: string): void {
    if (this.#warnings.length < maxWarnings) this.#warnings.push(note(at, path, message));
    else this.#warningsLeft++;
  }

  /** Whether nothing is wrong. */
  get isEmpty(): boolean {
    return !this.parseFailed && this.#semantic.found.length === 0;
  }

  /** Whether the file's form is wrong, so that its meaning need not be looked at. */
  get parseFailed(): boolean {
    return this.#parse.found.length > 0;
  }

  /** The line, from 1, of an offset. */
  lineOf(at: number): number {
    return this.#lines.place(at).line;
  }

  /** Everything of the first stage that failed, in the file's order, VPP's rules last. */
  finish(): { readonly stage: ConfigStage; readonly problems: ConfigProblem[] } | undefined {
    const stage = this.parseFailed ? "parse" : "semantic";
    const { found, left } = stage === "parse" ? this.#parse : this.#semantic;
    const problems = found
      .filter(({ at, phase }) => phase !== "parse" || at <= this.#slipAt)
      .sort((a, b) => Number(a.phase === "vpp") - Number(b.phase === "vpp") || a.at - b.at)
      .map((found): ConfigProblem => ({ stage, ...this.#placed(found) }));
    const last = problems.at(-1);
    if (!last) return undefined;
    if (left > 0 && this.#slipAt === Infinity) {
      problems.push({ ...last, path: "", message: `${left} more are not shown` });
    }
    return { stage, problems };
  }

  /** Everything noted by {@link warn}, in the file's order. */
  warnings(): ConfigWarning[] {
    const warnings = this.#warnings.sort((a, b) => a.at - b.at).map((one) => this.#placed(one));
    const last = warnings.at(-1);
    if (last && this.#warningsLeft > 0) {
      warnings.push({ ...last, path: "", message: `${this.#warningsLeft} more are not shown` });
    }
    return warnings;
  }

  #placed({ at, path, message }: Note): ConfigWarning {
    return { file: this.#file, ...this.#lines.place(at), path, message };
  }
}

function note(at: number, path: Path | undefined, message: string): Note {
  return { at, path: printable(renderPath(path)), message: printable(message) };
}

/** A place in the file's tree, linked upwards so that building one costs nothing. */
export interface Path {
  readonly parent: Path | undefined;
  /** A key, or an index of a list. */
  readonly key: string | number;
}

/** The path one step down. */
export function childPath(parent: Path | undefined, key: string | number): Path {
  return { parent, key };
}

/** A section as read: values by key, and where each stands. */
export interface Section<Values> {
  /** Offset of the section's key in the text. */
  readonly at: number;
  readonly path: Path;
  readonly values: Values;
  /** Offsets of the values that the file gives. */
  readonly places: { readonly [K in keyof Values]?: number };
}

/** Where the value of a key stands; where the file has none, its section. */
export function placeOf<Values>(
  { at, path, places }: Section<Values>,
  key: keyof Values & string,
): [at: number, path: Path] {
  return [places[key] ?? at, childPath(path, key)];
}

/** `maglev.frontends.www.pools[0].name`; keys that would be hard to read are quoted. */
export function renderPath(path: Path | undefined): string {
  const steps: string[] = [];
  for (let at = path; at; at = at.parent) {
    if (typeof at.key === "number") steps.push(`[${at.key}]`);
    else steps.push((at.parent ? "." : "") + renderKey(at.key));
  }
  return steps.reverse().join("");
}

/** Whether the path lies in the part of the file whose rules are VPP's. */
export function isVppPath(path: Path): boolean {
  let at = path;
  let below: Path | undefined;
  while (at.parent) {
    below = at;
    at = at.parent;
  }
  return below?.key === "vpp";
}

const plainKey = /^[\p{L}\p{N}_.:@/+-]{1,128}$/u;

function renderKey(key: string): string {
  return plainKey.test(key) ? key : show(key);
}

/** A value in a message: quoted, cut when it is long, with blanks that pass for a space escaped. */
export function show(text: string): string {
  const shown = JSON.stringify(text.length > 64 ? `${text.slice(0, 60)}…` : text);
  return shown.replace(/(?! )\p{Zs}/gu, escapeUnits);
}

/** The text without characters that would do something to a terminal: they are escaped. */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits);
}

function escapeUnits(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
}
