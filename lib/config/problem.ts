/** Which of the two checks failed: the file's form, or what it means. */
export type ConfigStage = "parse" | "semantic";

/** Something about one place of a configuration file. */
interface Finding {
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
export interface ConfigProblem extends Finding {
  /** The check that found it. */
  readonly stage: ConfigStage;
}

/** One thing in a valid file that will not do what it seems to say. */
export type ConfigWarning = Finding;

/** The problem as one line: `file:line:column: path: message`, without parts it doesn't have. */
export function formatProblem(problem: ConfigProblem | ConfigWarning): string {
  const { file, line, column, path, message } = problem;
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  return path === "" ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}
