/**
 * The configuration file: read, checked, and turned into what the program thinks in; with its
 * JSON Schema and reference. What files may say is in docs/config-guide.md.
 *
 * @example A mistake is told with its place
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * const outcome = parseConfig("maglev:\n  backend: {}\n", "maglev.yaml");
 * equal(outcome.kind, "invalid");
 * equal(
 *   formatOutcome(outcome).split("\n")[0],
 *   'maglev.yaml:2:3: maglev.backend: unknown key "backend"; did you mean "backends"?',
 * );
 * ```
 *
 * @module
 */

export { ConfigLoader, loadConfig } from "./load.ts";
export { parseConfig } from "./parse.ts";
export { type FileBytes, readBytes } from "./file_text.ts";
export { checkExitCode, describeContents, formatOutcome } from "./outcome.ts";
export type { ConfigOutcome } from "./outcome.ts";
export { formatProblem } from "./problem.ts";
export type { ConfigProblem, ConfigStage, ConfigWarning } from "./problem.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export * from "./types.ts";
export { jsonSchema } from "./json_schema.ts";
export type { JsonSchema } from "./json_schema.ts";
export { type InvalidFile, type ParsedSections, parseSections, readTextFile } from "./document.ts";
export type {
  BoolSpec,
  ChoiceSpec,
  Described,
  DurationSpec,
  FieldSpec,
  IntSpec,
  IpSpec,
  ListSpec,
  NamedSpec,
  Path,
  Presence,
  ReferenceSpec,
  ScalarSpec,
  Section,
  SectionOf,
  SectionSpec,
  StatusRange,
  StatusRangeSpec,
  TextSpec,
  ValueOf,
} from "./spec.ts";
export { type TextForm, textForms } from "./text_forms.ts";
export type { Phase, ProblemList } from "./problem_list.ts";
export { Suggester } from "./suggest.ts";
export { referenceSections, withReference } from "./reference.ts";
export type { ReferenceKey, ReferenceSection } from "./reference.ts";
export { failOpenText, flapText } from "./diff/fields.ts";
export { configDiff, configDiffSteps } from "./diff/diff.ts";
export type { ConfigChange } from "./diff/diff.ts";
