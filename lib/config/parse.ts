/**
 * What becomes of a configuration file: read, decoded, parsed and validated, with all that is wrong
 * with it.
 *
 * @module
 */

import { reasonOf } from "../log/mod.ts";
import type { HealthCheck } from "./check_types.ts";
import { healthCheck } from "./health_check.ts";
import { Suggester } from "./hints.ts";
import type { ObjectSchema, ValuesOf } from "./json_schema.ts";
import {
  type ConfigProblem,
  type ConfigStage,
  type ConfigWarning,
  formatProblem,
  LineIndex,
  ProblemList,
} from "./problems.ts";
import { readSections } from "./read.ts";
import { backend, checkUnique, frontend } from "./rules/frontend.ts";
import { checkAddresses, checkVips, lbConfig, type PlacedFrontend } from "./rules/vpp.ts";
import { findWarnings } from "./rules/warnings.ts";
import { fileSchema, type MaglevSection } from "./schema.ts";
import type { Backend, Config } from "./types.ts";
import { parseYaml } from "./yaml.ts";

/** A file that is what it should be. */
export interface ValidFile {
  readonly kind: "valid";
  readonly file: string;
  readonly config: Config;
  /** What is allowed and yet hardly meant, in the file's order; usually empty. */
  readonly warnings: readonly ConfigWarning[];
}

/** Why a file is not what it should be. */
export interface InvalidFile {
  readonly kind: "invalid";
  readonly file: string;
  /** The first stage that failed; all problems are of this stage. */
  readonly stage: ConfigStage;
  /** At least one, in the file's order, VPP's rules last. */
  readonly problems: readonly ConfigProblem[];
}

/** What became of a configuration file. */
export type ConfigOutcome = ValidFile | InvalidFile;

/** An outcome with one problem, which is of the file as a whole if it has no line. */
export function fileProblem(file: string, message: string, line = 0, column = 0): InvalidFile {
  const problem = { stage: "parse", file, line, column, path: "", message } as const;
  return { kind: "invalid", file, stage: "parse", problems: [problem] };
}

/**
 * Reads and checks a file at once, for a program that has nothing else to do yet. Never throws:
 * a file that cannot be read is a parse problem with the operating system's reason.
 */
export async function loadConfig(path: string): Promise<ConfigOutcome> {
  const bytes = await readBytes(path);
  return bytes instanceof Uint8Array ? parseBytes(bytes, path) : bytes;
}

/** Checks the octets of a configuration file as {@link parseConfig} does its text. */
export function parseBytes(bytes: Uint8Array<ArrayBuffer>, file: string): ConfigOutcome {
  const text = decodeFile(bytes, file);
  return typeof text === "string" ? parseConfig(text, file) : text;
}

/** About 60,000 backends. Parsing takes some 100 times the file's size in memory. */
const maxFileBytes = 8 * 1024 * 1024;

/**
 * The octets of a configuration file, or why there are none. Never throws: the operating system's
 * reason becomes a problem. Opening a named pipe would wait for its writer, perhaps for ever; those
 * below /dev are the process's own and open (`maglevd --check --config <(generate)`).
 */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer> | InvalidFile> {
  try {
    const { size, isFifo } = await Deno.stat(path);
    if (isFifo && !path.startsWith("/dev/")) return fileProblem(path, "is a pipe, not a file");
    if (size > maxFileBytes) {
      return fileProblem(path, `is larger than ${maxFileBytes} bytes: ${size}`);
    }
    using file = await Deno.open(path);
    return await readAtMost(file.readable, maxFileBytes) ??
      fileProblem(path, `is larger than ${maxFileBytes} bytes, or without end`);
  } catch (error) {
    return fileProblem(path, `cannot be read: ${reasonOf(error)}`);
  }
}

/** Undefined when there is more: devices have size 0 and may never end. */
async function readAtMost(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of from) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) return undefined;
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Decodes UTF-8, or tells where it stops being that; a byte order mark is dropped. */
export function decodeFile(bytes: Uint8Array<ArrayBuffer>, file: string): string | InvalidFile {
  if (isUtf16(bytes)) return fileProblem(file, "is UTF-16 text: save it as UTF-8", 1, 1);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const sound = textBeforeFault(bytes);
    const { line, column } = new LineIndex(sound).place(sound.length);
    const message = "is not UTF-8 text from here on: save the file as UTF-8";
    return fileProblem(file, message, line, column);
  }
}

/** What can be read as UTF-8 up to the first octet that cannot; U+FFFD may stand in it by right. */
function textBeforeFault(bytes: Uint8Array<ArrayBuffer>): string {
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const mended = new TextEncoder().encode(lenient);
  const end = mended.findIndex((octet, at) => octet !== bytes[at]);
  // Octets that only begin a character are left out.
  return new TextDecoder().decode(bytes.subarray(0, end), { stream: true });
}

/** By its byte order mark, or by the zero beside the first letter, which is ASCII in any such file. */
function isUtf16([first, second]: Uint8Array): boolean {
  if (first === undefined || second === undefined) return false;
  const isMarked = first === 0xff && second === 0xfe || first === 0xfe && second === 0xff;
  return isMarked || (first === 0) !== (second === 0);
}

/** A text that was read by a schema, and what is wrong with it so far. */
export interface ParsedSections<S> {
  /** What stands under the file's outermost keys. To be used only while there are no problems. */
  readonly values: Partial<ValuesOf<S>>;
  readonly problems: ProblemList;
  /** With what is left of its budget. */
  readonly suggester: Suggester;
}

/** Reads a text by a schema, as the configuration is read by its own. `name` is for messages. */
export function parseSections<S extends ObjectSchema>(
  schema: S,
  text: string,
  name: string,
): ParsedSections<S> {
  const problems = new ProblemList(name, text);
  const suggester = new Suggester(text.length);
  const tree = parseYaml(text, problems);
  const values = tree ? readSections(schema, tree, problems, suggester) : {};
  return { values, problems, suggester };
}

/**
 * Checks the text of a configuration file. Pure and synchronous: some 100 µs per backend.
 * `file` is only repeated in messages. Never throws.
 */
export function parseConfig(text: string, file: string): ConfigOutcome {
  const { values, problems, suggester } = parseSections(fileSchema, text, file);
  const maglev = problems.parseFailed ? undefined : values.maglev;
  const config = maglev && validate(maglev, problems, suggester);
  const failed = problems.finish();
  if (failed) return { kind: "invalid", file, ...failed };
  return config
    ? { kind: "valid", file, config, warnings: problems.warnings() }
    : fileProblem(file, "cannot be used, and no rule tells why: please report this");
}

/**
 * Applies the rules that look at more than one value, and makes the domain's objects on the way.
 * Whatever is missing or wrong is in `problems`; only without problems is the result whole.
 */
function validate(
  { values }: MaglevSection,
  problems: ProblemList,
  suggester: Suggester,
): Config | undefined {
  const around = { values, problems, suggester };
  const healthchecks = new Map<string, HealthCheck>();
  for (const [name, section] of values.healthchecks) {
    const check = healthCheck(name, section, problems);
    if (check) healthchecks.set(name, check);
  }
  const backends = new Map<string, Backend>();
  for (const [name, section] of values.backends) {
    const made = backend(name, section, around);
    if (made) backends.set(name, made);
  }
  const placed: PlacedFrontend[] = [];
  for (const [name, section] of values.frontends) {
    const made = frontend(name, section, around);
    if (made) placed.push({ frontend: made, section });
  }
  checkUnique(placed, problems);
  checkVips(placed, values.backends, problems);
  checkAddresses(values, problems);
  const lb = lbConfig(values.vpp.values.lb, problems);
  if (problems.isEmpty) findWarnings(values, problems);
  const general = values.healthchecker.values;
  return lb && {
    transitionHistory: general["transition-history"],
    stateMaxAgeMs: general["state-max-age"],
    netns: general.netns,
    maxRemovalsPercent: Number.parseInt(values.safety.values["max-removals"]),
    lb,
    healthchecks,
    backends,
    frontends: new Map(placed.map((one) => [one.frontend.name, one.frontend])),
  };
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
