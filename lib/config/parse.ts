import { decode, fileProblem } from "./file_text.ts";
import type { ConfigOutcome } from "./outcome.ts";
import type { ObjectSchema, ValuesOf } from "./json_schema.ts";
import { ProblemList } from "./problem_list.ts";
import { readSections } from "./read.ts";
import { fileSchema } from "./schema.ts";
import { Suggester } from "./suggest.ts";
import { validate } from "./validate.ts";
import { parseYaml } from "./yaml_tree.ts";

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
  const suggester = new Suggester();
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
    : fileProblem(file, 0, 0, "cannot be used, and no rule tells why: please report this");
}

/** The same of the octets of a file. */
export function parseBytes(bytes: Uint8Array<ArrayBuffer>, file: string): ConfigOutcome {
  const decoded = decode(bytes, file);
  return decoded.kind === "failed" ? decoded.outcome : parseConfig(decoded.text, file);
}
