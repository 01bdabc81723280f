import { malformed } from "./errors.ts";
import type { H2Field } from "./types.ts";

/** A request's header section, checked. What a CONNECT request lacks is empty. */
export interface RequestHead {
  /** `:method`, case-sensitive. */
  readonly method: string;
  /** `:scheme`. */
  readonly scheme: string;
  /** `:authority`, empty if there is none. */
  readonly authority: string;
  /** `:path` with the query. */
  readonly path: string;
  /** The regular fields in order. */
  readonly headers: readonly H2Field[];
  /** Octets of body that content-length announces. */
  readonly contentLength: number | undefined;
}

/** Fields that HTTP/2 has no use for (RFC 9113 section 8.2.2). */
const connectionSpecific = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

const pseudoNames = [":method", ":scheme", ":authority", ":path"] as const;
type PseudoName = (typeof pseudoNames)[number];
type Pseudo = Partial<Record<PseudoName, string>>;

/** Checks a request's header section. Throws PROTOCOL_ERROR when malformed (section 8.1.1). */
export function readRequest(streamId: number, fields: readonly H2Field[]): RequestHead {
  const fail = complain(streamId);
  const first = fields.findIndex(([name]) => name.charCodeAt(0) !== colon);
  const headers = first < 0 ? [] : fields.slice(first);
  const pseudo = readPseudo(first < 0 ? fields : fields.slice(0, first), fail);
  for (const field of headers) checkField(field, fail);
  checkTarget(pseudo, fail);
  checkHost(pseudo, headers, fail);
  return {
    method: pseudo[":method"] ?? "",
    scheme: pseudo[":scheme"] ?? "",
    authority: pseudo[":authority"] ?? "",
    path: pseudo[":path"] ?? "",
    headers,
    contentLength: readContentLength(headers, fail),
  };
}

/** Checks a trailer section, which has no pseudo-header fields (section 8.1). */
export function checkTrailers(streamId: number, fields: readonly H2Field[]): void {
  const fail = complain(streamId);
  for (const field of fields) checkField(field, fail);
}

type Complain = (reason: string) => never;

function complain(streamId: number): Complain {
  return (reason) => {
    throw malformed(streamId, reason);
  };
}

/** Pseudo-header fields: known ones only, each once (section 8.3). */
function readPseudo(fields: readonly H2Field[], fail: Complain): Pseudo {
  const pseudo: Pseudo = {};
  for (const [name, value] of fields) {
    const known = pseudoNames.find((candidate) => candidate === name);
    if (known === undefined) return fail(`unknown pseudo-header field ${quote(name)}`);
    if (pseudo[known] !== undefined) return fail(`${name} comes twice`);
    if (!isFieldValue(value)) return fail(`${name} has a forbidden character`);
    pseudo[known] = value;
  }
  return pseudo;
}

/** Which pseudo-header fields a request has to have (sections 8.3.1 and 8.5). */
function checkTarget(pseudo: Pseudo, fail: Complain): void {
  const method = pseudo[":method"];
  const path = pseudo[":path"];
  if (method === undefined || method === "") return fail(":method is missing");
  if (method === "CONNECT") {
    if (path !== undefined || pseudo[":scheme"] !== undefined) {
      return fail("CONNECT has a :scheme or :path");
    }
    if (!pseudo[":authority"]) return fail("CONNECT has no :authority");
    return;
  }
  if (!pseudo[":scheme"]) return fail(":scheme is missing");
  if (path === undefined || path === "") return fail(":path is missing");
  const asterisk = path === "*" && method === "OPTIONS";
  if (path.charCodeAt(0) !== slash && !asterisk) {
    return fail(`:path ${quote(path)} does not begin with a slash`);
  }
}

/** Host has to name what :authority names (section 8.3.1). */
function checkHost(pseudo: Pseudo, headers: readonly H2Field[], fail: Complain): void {
  const authority = pseudo[":authority"];
  if (authority === undefined) return;
  for (const [name, value] of headers) {
    if (name !== "host" || value.toLowerCase() === authority.toLowerCase()) continue;
    return fail(`host ${quote(value)} is not :authority ${quote(authority)}`);
  }
}

/** A regular field (sections 8.2.1 and 8.2.2). */
function checkField([name, value]: H2Field, fail: Complain): void {
  if (!isFieldName(name)) return fail(`field name ${quote(name)} is not allowed`);
  if (!isFieldValue(value)) return fail(`field ${name} has a forbidden character`);
  if (connectionSpecific.has(name)) return fail(`field ${name} is for HTTP/1.1`);
  if (name === "te" && value.toLowerCase() !== "trailers") {
    return fail(`te is ${quote(value)} instead of trailers`);
  }
}

/** Repeated content-length is allowed if it agrees (RFC 9110 section 8.6). */
function readContentLength(
  headers: readonly H2Field[],
  fail: Complain,
): number | undefined {
  let length: number | undefined;
  for (const [name, value] of headers) {
    if (name !== "content-length") continue;
    const parsed = /^\d{1,15}$/.test(value)
      ? Number(value)
      : fail(`content-length ${quote(value)}`);
    if (length !== undefined && length !== parsed) return fail("two values of content-length");
    length = parsed;
  }
  return length;
}

const colon = 0x3a;
const slash = 0x2f;

/** Visible ASCII without upper case and colon. */
function isFieldName(name: string): boolean {
  if (name === "") return false;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || code === colon || (code >= 0x41 && code <= 0x5a)) {
      return false;
    }
  }
  return true;
}

/** No NUL, LF or CR, and no white space around it. */
function isFieldValue(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === 0 || code === 0x0a || code === 0x0d) return false;
  }
  return !isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(value.length - 1));
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** For messages: bounded and printable. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
