import { fileProblem } from "./file_text.ts";
import type { ConfigOutcome } from "./outcome.ts";
import { ProblemList } from "./problem_list.ts";
import { readSections } from "./read.ts";
import { fileSpec } from "./schema.ts";
import { Suggester } from "./suggest.ts";
import type { Config } from "./types.ts";
import { validate } from "./validate.ts";
import { parseYaml } from "./yaml_tree.ts";

/**
 * Checks the text of a configuration file. Pure and synchronous: some 100 µs per backend.
 * `file` is only repeated in messages. Never throws.
 */
export function parseConfig(text: string, file: string): ConfigOutcome {
  const problems = new ProblemList(file, text);
  const config = read(text, problems);
  const failed = problems.finish();
  if (failed) return { kind: "invalid", file, ...failed };
  return config
    ? { kind: "valid", file, config, warnings: problems.warnings() }
    : fileProblem(file, 0, 0, "cannot be used, and no rule tells why: please report this");
}

function read(text: string, problems: ProblemList): Config | undefined {
  const tree = parseYaml(text, problems);
  if (!tree) return undefined;
  const suggester = new Suggester();
  const { maglev } = readSections(fileSpec, tree, problems, suggester).values;
  if (!maglev || problems.parseFailed) return undefined;
  return validate(maglev, problems, suggester);
}
