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
