import type { ConfigProblem, ConfigStage } from "./problem.ts";
import { LineIndex } from "./line_index.ts";
import { renderPath } from "./path.ts";
import type { Path } from "./spec.ts";

/** Rules that only VPP makes are a phase of their own, the last one (SPEC section 1). */
export type Phase = "parse" | "semantic" | "vpp";

interface Found {
  readonly phase: Phase;
  readonly at: number;
  readonly path: string;
  readonly message: string;
}

/** Enough for any repair, and a bound on what a hostile file makes us keep. */
const maxProblems = 10_000;

/** Collects what is wrong with one text. Places are offsets until the end. */
export class ProblemList {
  readonly #found: Found[] = [];
  readonly #seen = new Set<string>();
  readonly #file: string;
  readonly #lines: LineIndex;
  #left = 0;
  #parseFailed = false;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines = new LineIndex(text);
  }

  /** Notes a problem; the same one again, as from an alias used twice, counts once. */
  add(phase: Phase, at: number, path: Path | undefined, message: string): void {
    if (phase === "parse") this.#parseFailed = true;
    const key = `${at} ${path?.key} ${message}`;
    if (this.#seen.has(key)) return;
    if (this.#found.length >= maxProblems) {
      this.#left++;
      return;
    }
    this.#seen.add(key);
    this.#found.push({ phase, at, path: renderPath(path), message });
  }

  /** Whether the file's form is wrong, so that its meaning need not be looked at. */
  get parseFailed(): boolean {
    return this.#parseFailed;
  }

  /** The line, from 1, of an offset. */
  lineOf(at: number): number {
    return this.#lines.place(at).line;
  }

  /** Everything of the first stage that failed, in the file's order, VPP's rules last. */
  finish(): { readonly stage: ConfigStage; readonly problems: ConfigProblem[] } | undefined {
    if (this.#found.length === 0) return undefined;
    const stage = this.#parseFailed ? "parse" : "semantic";
    const problems = this.#found
      .filter(({ phase }) => (phase === "parse") === this.#parseFailed)
      .sort((a, b) => Number(a.phase === "vpp") - Number(b.phase === "vpp") || a.at - b.at)
      .map(({ at, path, message }) => this.#problem(stage, at, path, message));
    const last = problems.at(-1);
    if (this.#left > 0 && last) {
      const message = `${this.#left} more problems are not shown`;
      problems.push({ ...last, path: "", message });
    }
    return { stage, problems };
  }

  #problem(stage: ConfigStage, at: number, path: string, message: string): ConfigProblem {
    return { stage, file: this.#file, ...this.#lines.place(at), path, message };
  }
}
