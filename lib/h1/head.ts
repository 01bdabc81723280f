import type { H2Field } from "../h2/mod.ts";
import { BadRequest } from "./errors.ts";
import { decodeLatin1, parseField } from "./field.ts";
import type { Input } from "./input.ts";

/** How the end of a body is told (RFC 9112 section 6.3): by its octets, 0 for none, or in chunks. */
export type BodyFraming = number | "chunked";

/** A request line and its fields, checked. */
export interface RequestHead {
  /** Case-sensitive. */
  readonly method: string;
  /** Path and query, or `*`. */
  readonly path: string;
  /** What `Host`, or a target in absolute form, says; empty if nothing does. */
  readonly authority: string;
  /** The fields in order, names in lower case, without those that are about the connection. */
  readonly headers: readonly H2Field[];
  /** How the body ends. */
  readonly body: BodyFraming;
  /** Whether the client understands chunks and interim responses, as it does since HTTP/1.1. */
  readonly modern: boolean;
  /** Whether another request may follow. */
  readonly keepAlive: boolean;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** What a method may begin with. */
const methodStart = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;

/**
 * Waits for the next request and takes its head off the input; undefined when the client has ended
 * instead. `begun` is called when its first octet is there. Throws {@link BadRequest}.
 */
export async function readHead(input: Input, begun: () => void): Promise<RequestHead | undefined> {
  while (input.octets.length === 0) {
    if (input.ended) return undefined;
    await input.fill();
  }
  begun();
  for (let scanned = 0; await skipEmptyLines(input);) {
    const { octets } = input;
    const end = headEnd(octets, scanned);
    if (end !== undefined) {
      const head = parseHead(octets.subarray(0, end - 4));
      input.consume(end);
      return head;
    }
    if (input.full) throw tooLong(octets);
    if (input.ended) return undefined;
    scanned = octets.length;
    await input.fill();
  }
  return undefined;
}

/**
 * Some clients send a line end too many after a body (RFC 9112 section 2.2). Waits for what is no
 * empty line; false when the client has ended instead.
 */
async function skipEmptyLines(input: Input): Promise<boolean> {
  for (;;) {
    const [first, second] = input.octets;
    if (first !== undefined && first !== carriageReturn) return true;
    if (first === carriageReturn && second !== undefined) {
      if (second !== lineFeed) return true;
      input.consume(2);
    } else {
      if (input.ended) return false;
      await input.fill();
    }
  }
}

/**
 * Behind the empty line that ends the head; undefined if it is not there yet. A line that ends with
 * LF alone ends for some readers and goes on for others: it is refused.
 */
function headEnd(octets: Uint8Array, scanned: number): number | undefined {
  refuseOtherProtocols(octets);
  let at = octets.indexOf(lineFeed, scanned);
  for (; at !== -1; at = octets.indexOf(lineFeed, at + 1)) {
    if (octets[at - 1] !== carriageReturn) throw new BadRequest(400, "a line ends without CR");
    if (octets[at - 2] === lineFeed) return at + 1;
  }
  return undefined;
}

/** Whoever speaks TLS, SSH or SMB waits for an answer to its first octets. */
function refuseOtherProtocols(octets: Uint8Array): void {
  const [first] = octets;
  if (first !== undefined && methodStart.test(String.fromCharCode(first))) return;
  throw new BadRequest(400, "this is not HTTP");
}

function tooLong(octets: Uint8Array): BadRequest {
  return octets.includes(lineFeed)
    ? new BadRequest(431, "the fields are too long")
    : new BadRequest(414, "the request line is too long");
}

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/;
const absoluteForm = /^https?:\/\/([^/?#]+)(.*)$/i;
const hostForm = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~%!$&'()*+,;=]*)(?::\d{0,5})?$/;

/** Fields that are about the connection and not about the request (RFC 9110 section 7.6.1). */
const connectionSpecific = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads a head: everything up to the empty line, without it. Throws {@link BadRequest} for what
 * another server on the way might read differently.
 */
export function parseHead(octets: Uint8Array): RequestHead {
  const [first = "", ...lines] = decodeLatin1(octets).split("\r\n");
  const { method, target, modern } = parseRequestLine(first);
  const fields = lines.map(parseField);
  const valuesOf = (name: string) => fields.filter(([each]) => each === name).map(([, v]) => v);
  const host = onlyHost(valuesOf("host"), modern);
  const { path, authority = host } = parseTarget(method, target);
  return {
    method,
    path,
    authority,
    headers: fields.filter(([name]) => !connectionSpecific.has(name)),
    body: framing(valuesOf("transfer-encoding"), valuesOf("content-length"), modern),
    modern,
    keepAlive: modern && !options(valuesOf("connection")).includes("close"),
    expectsContinue: expectation(valuesOf("expect"), modern),
  };
}

function parseRequestLine(line: string) {
  const [, method, target, major, minor] = requestLine.exec(line) ?? [];
  if (method === undefined || target === undefined) {
    throw new BadRequest(400, "the request line is malformed");
  }
  if (major !== "1") throw new BadRequest(505, "this is neither HTTP/1.1 nor the HTTP/2 preface");
  return { method, target, modern: minor !== "0" };
}

/** RFC 9112 section 3.2. */
function parseTarget(method: string, target: string): { path: string; authority?: string } {
  if (target.startsWith("/") || (target === "*" && method === "OPTIONS")) return { path: target };
  const [, authority, rest] = absoluteForm.exec(target) ?? [];
  if (authority === undefined || rest === undefined || !hostForm.test(authority)) {
    throw new BadRequest(400, "the request target is no path");
  }
  return { path: rest.startsWith("/") ? rest : `/${rest}`, authority };
}

/** One and no more since HTTP/1.1 (RFC 9112 section 3.2). */
function onlyHost(values: readonly string[], modern: boolean): string {
  const [host = ""] = values;
  if (values.length > 1 || (modern && values.length === 0)) {
    throw new BadRequest(400, "a request has one Host field");
  }
  if (!hostForm.test(host)) throw new BadRequest(400, "the Host field is malformed");
  return host;
}

/**
 * RFC 9112 section 6.3, and stricter: whatever two readers could take for different lengths is
 * refused, even where the RFC says which of them is right.
 */
function framing(
  codings: readonly string[],
  lengths: readonly string[],
  modern: boolean,
): BodyFraming {
  const [coding] = codings;
  const [length] = lengths;
  if (coding !== undefined) {
    if (length !== undefined) throw new BadRequest(400, "the body has two lengths");
    if (!modern) throw new BadRequest(400, "HTTP/1.0 has no chunks");
    if (codings.length > 1 || coding.toLowerCase() !== "chunked") {
      throw new BadRequest(501, "chunked is the only transfer coding here");
    }
    return "chunked";
  }
  if (length === undefined) return 0;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) {
    throw new BadRequest(400, "the Content-Length field is malformed");
  }
  return Number(length);
}

/** RFC 9110 section 10.1.1; HTTP/1.0 knows no interim responses. */
function expectation(values: readonly string[], modern: boolean): boolean {
  if (!modern || values.length === 0) return false;
  if (values.some((value) => value.toLowerCase() !== "100-continue")) {
    throw new BadRequest(417, "100-continue is the only expectation here");
  }
  return true;
}

/** The members of a list such as that of `Connection`. */
function options(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.toLowerCase().split(",")).map((option) => option.trim());
}
