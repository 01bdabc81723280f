import {
  type ConfigWarning,
  decodeFile,
  fileProblem,
  type InvalidFile,
  parseSections,
  readBytes,
} from "../config/mod.ts";
import { reasonOf } from "../log/mod.ts";
import type { AccountNumbers, Accounts } from "./accounts.ts";
import {
  authSchema,
  type AuthSection,
  type CertificateSection,
  type UnixSection,
} from "./auth_schema.ts";
import { canonicalAlternativeName } from "./certificate.ts";
import { canonicalName } from "./distinguished_name.ts";
import type { AuthRules, Grant } from "./rules.ts";

/** What became of a file of `--auth`. */
export type AuthOutcome = ValidAuth | InvalidFile;

/** A file of `--auth` that is what it should be. */
export interface ValidAuth {
  readonly kind: "valid";
  readonly rules: AuthRules;
}

/**
 * Reads and checks a file of `--auth` at once, for a program that has nothing else to do yet. Never
 * rejects.
 */
export async function loadAuth(path: string, accounts: Accounts): Promise<AuthOutcome> {
  const bytes = await readBytes(path);
  return bytes instanceof Uint8Array ? parseAuthBytes(bytes, path, accounts) : bytes;
}

/** Checks the octets of a file of `--auth` as {@link parseAuth} does its text. Never throws. */
export function parseAuthBytes(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  accounts: Accounts,
): AuthOutcome {
  const text = decodeFile(bytes, file);
  if (typeof text !== "string") return text;
  try {
    return parseAuth(text, file, accounts);
  } catch (error) {
    return fileProblem(file, `cannot be checked: ${reasonOf(error)}`);
  }
}

/**
 * Checks its text; `file` is only repeated in messages, which never repeat what may be secret. Throws
 * where it cannot be told which users and groups there are.
 */
export function parseAuth(text: string, file: string, accounts: Accounts): AuthOutcome {
  const parsed = parseSections(authSchema, text, file);
  const { problems } = parsed;
  const { auth } = parsed.values;
  const rules = auth && !problems.parseFailed
    ? rulesOf(auth, { problems, numbers: accounts.numbers() })
    : undefined;
  const failed = problems.finish();
  if (failed) {
    return { kind: "invalid", file, ...failed, problems: failed.problems.map(withoutSecrets) };
  }
  if (!rules) throw new TypeError(`${file} cannot be used, and no rule tells why`);
  return { kind: "valid", rules };
}

/** What is long and without a blank may be a token or a digest that stands in a wrong place. */
const longWord = /[A-Za-z0-9_+/=-]{20,}/g;

function withoutSecrets<P extends ConfigWarning>(problem: P): P {
  const hide = (text: string) => text.replaceAll(longWord, "(not shown)");
  return { ...problem, path: hide(problem.path), message: hide(problem.message) };
}

/** What reading goes by. */
interface Around {
  readonly problems: ReturnType<typeof parseSections>["problems"];
  readonly numbers: AccountNumbers;
}

function rulesOf({ at, path, values }: AuthSection, around: Around): AuthRules {
  const users = new Map<number, Grant>();
  const groups = new Map<number, Grant>();
  for (const entry of values.unix) addUnix(entry, users, groups, around);
  const certificates = new Map<string, Grant & { readonly name: string }>();
  for (const entry of values.certificates) addCertificate(entry, certificates, around);
  const tokens: (Grant & { name: string; digest: Uint8Array })[] = [];
  const digests = new Set<string>();
  for (const { values: { name, role, sha256 }, at, path } of values.tokens) {
    if (name === undefined || role === undefined || sha256 === undefined) continue;
    if (digests.has(sha256)) {
      around.problems.add("semantic", at, path, "this token stands there twice");
    }
    digests.add(sha256);
    if (/^[0-9a-f]{64}$/.test(sha256)) {
      tokens.push({ name, role, digest: Uint8Array.fromHex(sha256) });
    }
  }
  if (values.unix.length + values.certificates.length + values.tokens.length === 0) {
    around.problems.add("semantic", at, path, "names nobody: nobody could change anything");
  }
  const { anonymous = "none", metrics = "anyone" } = values;
  return { anonymous, metrics, users, groups, certificates, tokens };
}

function addCertificate(
  { at, path, values: { subject, san, role, name } }: CertificateSection,
  into: Map<string, Grant & { readonly name: string }>,
  { problems }: Around,
): void {
  const fault = (message: string) => problems.add("semantic", at, path, message);
  const written = subject ?? san;
  if (written === undefined || subject !== undefined && san !== undefined) {
    return fault("needs either a subject or a san, and not both");
  }
  if (role === undefined) return;
  const known = subject === undefined ? canonicalAlternativeName(written) : canonicalName(written);
  if (known === undefined) return fault(subject === undefined ? noSan : noSubject);
  if (into.has(known)) {
    return fault(`${subject === undefined ? "san" : "subject"} stands there twice`);
  }
  into.set(known, { role, name: name ?? written });
}

const noSubject = "subject is to be a whole name such as CN=alice,O=Example, with a backslash " +
  "before each comma and plus sign that is part of a value";
const noSan = "san is to be one name or address: a wildcard stands for many clients, and for none";

/** Who is from another user namespace, and has no number here (user_namespaces(7)). */
const overflowId = 65534;

function addUnix(
  { at, path, values: { user, group, role, name } }: UnixSection,
  users: Map<number, Grant>,
  groups: Map<number, Grant>,
  { problems, numbers }: Around,
): void {
  const fault = (message: string) => problems.add("semantic", at, path, message);
  if ((user === undefined) === (group === undefined)) {
    return fault("needs either a user or a group, and not both");
  }
  if (role === undefined) return;
  const [kind, wanted = "", id] = user !== undefined
    ? ["user", user, numberOf(user) ?? numbers.uid(user)] as const
    : ["group", group, numberOf(group ?? "") ?? numbers.gid(group ?? "")] as const;
  if (id === undefined) {
    const file = kind === "user" ? "/etc/passwd" : "/etc/group";
    return fault(`${file} has no ${kind} "${wanted}"; give its number if it comes from elsewhere`);
  }
  if (id >= overflowId && id <= overflowId + 1) {
    return fault(`${kind} ${wanted} is what the kernel calls everybody that it does not know`);
  }
  const into = kind === "user" ? users : groups;
  if (into.has(id)) return fault(`${kind} "${wanted}" stands there twice`);
  into.set(id, { role, name });
}

function numberOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
