import type { Config } from "./types.ts";

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

/** What became of a configuration file. */
export type ConfigOutcome =
  | {
    readonly kind: "valid";
    readonly file: string;
    readonly config: Config;
    /** What is allowed and yet hardly meant, in the file's order; usually empty. */
    readonly warnings: readonly ConfigWarning[];
  }
  | {
    readonly kind: "invalid";
    readonly file: string;
    /** The first stage that failed; all problems are of this stage. */
    readonly stage: ConfigStage;
    /** At least one, in the file's order, VPP's rules last. */
    readonly problems: readonly ConfigProblem[];
  };

/** Why a file is not what it should be. */
export type InvalidFile = ConfigOutcome & { readonly kind: "invalid" };

/** An outcome with one problem of the file as a whole. */
export function fileProblem(
  file: string,
  line: number,
  column: number,
  message: string,
): InvalidFile {
  const problem = { stage: "parse", file, line, column, path: "", message } as const;
  return { kind: "invalid", file, stage: "parse", problems: [problem] };
}

/**
 * What `maglevd --check` exits with: 0 valid, 1 parse errors, 2 semantic errors; 2 for warnings too
 * if it is `strict`.
 */
export function checkExitCode(outcome: ConfigOutcome, strict = false): 0 | 1 | 2 {
  if (outcome.kind === "valid") return strict && outcome.warnings.length > 0 ? 2 : 0;
  return outcome.stage === "parse" ? 1 : 2;
}

/** What `maglevd --check` prints, without a final line end: a line per problem and a summary. */
export function formatOutcome(outcome: ConfigOutcome): string {
  const { file } = outcome;
  if (outcome.kind === "valid") {
    const { config, warnings } = outcome;
    const noted = warnings.length > 0 ? `, ${count(warnings.length, "warning")}` : "";
    const summary = `${file}: valid: ${describeContents(config)}${noted}`;
    return [...warnings.map(formatWarning), summary].join("\n");
  }
  const { stage, problems } = outcome;
  const summary = `${file}: ${count(problems.length, `${stage} error`)}`;
  return [...problems.map(formatProblem), summary].join("\n");
}

function formatWarning(warning: ConfigWarning): string {
  return formatProblem({ ...warning, message: `warning: ${warning.message}` });
}

/** What a configuration has, in a few words: `1 frontend, 3 backends, 1 health check`. */
export function describeContents({ frontends, backends, healthchecks }: Config): string {
  return [
    count(frontends.size, "frontend"),
    count(backends.size, "backend"),
    count(healthchecks.size, "health check"),
  ].join(", ");
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
