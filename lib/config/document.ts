import { decode, readBytes } from "./file_text.ts";
import type { ConfigOutcome } from "./outcome.ts";
import { ProblemList } from "./problem_list.ts";
import { readSections } from "./read.ts";
import type { SectionOf, SectionSpec } from "./spec.ts";
import { Suggester } from "./suggest.ts";
import { parseYaml } from "./yaml_tree.ts";

/** Why a file is not what it should be. */
export type InvalidFile = ConfigOutcome & { readonly kind: "invalid" };

/** A text that was read by a schema, and what is wrong with it so far. */
export interface ParsedSections<S> {
  /** Undefined when it is no YAML. To be used only while there are no problems. */
  readonly file: SectionOf<S> | undefined;
  readonly problems: ProblemList;
}

/** Reads a text by a schema, as the configuration is read by its own. `name` is for messages. */
export function parseSections<S extends SectionSpec>(
  spec: S,
  text: string,
  name: string,
): ParsedSections<S> {
  const problems = new ProblemList(name, text);
  const tree = parseYaml(text, problems);
  return { file: tree && readSections(spec, tree, problems, new Suggester()), problems };
}

/** The text of a file, or why there is none. Never rejects. */
export async function readTextFile(path: string): Promise<string | InvalidFile> {
  const read = await readBytes(path);
  const decoded = read.kind === "read" ? decode(read.bytes, path) : read;
  if (decoded.kind === "text") return decoded.text;
  if (decoded.outcome.kind === "invalid") return decoded.outcome;
  throw new TypeError(`${path} is valid, but could not be read`);
}
