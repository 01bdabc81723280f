/**
 * The configuration file: read, checked, and turned into what the program thinks in. What files may
 * say is in docs/config-guide.md.
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

export { configFormat, ConfigLoader } from "./loader.ts";
export { type FileFormat, FileWorker, serveFiles } from "./file_worker.ts";
export {
  checkExitCode,
  type ConfigOutcome,
  decodeFile,
  describeContents,
  fileProblem,
  formatOutcome,
  type InvalidFile,
  loadConfig,
  parseConfig,
  type ParsedSections,
  parseSections,
  readBytes,
  type ValidFile,
} from "./parse.ts";
export {
  type ConfigProblem,
  type ConfigStage,
  type ConfigWarning,
  formatProblem,
  type Path,
  type Phase,
  type ProblemList,
  type Section,
} from "./problems.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export * from "./types.ts";
export * from "./json_schema.ts";
export * as forms from "./forms.ts";
export { Suggester } from "./hints.ts";
export { type ConfigChange, configDiffSteps, failOpenText } from "./diff.ts";
export { flapText } from "./health_check.ts";
export type {
  CheckTiming,
  CheckType,
  FlapRule,
  HealthCheck,
  HttpCheck,
  IcmpCheck,
  TcpCheck,
  TlsParams,
} from "./check_types.ts";
