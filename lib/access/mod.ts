/**
 * Who may do what: roles, what each method of the API takes, and who calls.
 *
 * @example A role covers those below it
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * equal(covers("admin", "operate"), true);
 * equal(covers("view", "operate"), false);
 * equal(roleOfMethod("maglev.Maglev/DrainBackend"), "operate");
 * ```
 *
 * @module
 */

export { type AuthOutcome, loadAuth, parseAuth, type ValidAuth } from "./auth_file.ts";
export { openFileWorker } from "./auth_format.ts";
export { Auth, authCounts, type AuthOptions, authProblems } from "./auth.ts";
export { authSchema } from "./auth_schema.ts";
export { accessByRules, type AuthRules, type Grant } from "./rules.ts";
export { covers, debugEventsRole, methodRoles, type Role, roleOfMethod, roles } from "./roles.ts";
export {
  type AccessFiles,
  type FileDanger,
  fileDangers,
  isOpenToAll,
  type ModeOf,
  systemModeOf,
} from "./file_dangers.ts";
export { type AccountFiles, type AccountNumbers, Accounts, systemAccounts } from "./accounts.ts";
export { accessByPlace, denial } from "./principal.ts";
export type {
  Access,
  Authentication,
  Caller,
  CertificateCredentials,
  Credentials,
  Principal,
  UnixCredentials,
} from "./principal.ts";
export { certificateCredentials, type ShownCertificate } from "./certificate.ts";
