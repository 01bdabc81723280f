import type { H2Field, H2Handler, H2Request, H2Response } from "../h2/mod.ts";
import { parseIp } from "../ip/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { ProtocolHandlers } from "./connections.ts";
import { refuse, refused } from "./refusals.ts";
import { contentTypeOf, protocolOf, valueOf } from "./request_fields.ts";

/** By what names browsers may call this machine, and from which pages. */
export interface BrowserRules {
  /** Names, in lower case, besides addresses and `localhost`. */
  readonly hostNames: ReadonlySet<string>;
  /** Origins of pages that are not served by this port: `https://status.example.net`. */
  readonly origins: ReadonlySet<string>;
}

/** Only addresses and `localhost`, and no pages but this port's own. */
export const strictRules: BrowserRules = { hostNames: new Set(), origins: new Set() };

/**
 * The same handlers behind a check of what browsers say. A page that an operator visits can make
 * the browser send requests to any address that it reaches, and by changing what its own name
 * resolves to it can make them look like requests to itself. The browser tells of both: by
 * `Origin`, and by `Host`, which is then the name of that page. Pages that are listed are told that
 * they may.
 */
export function guardedFromPages(
  { http1, http2 }: ProtocolHandlers,
  rules: BrowserRules,
  log: Logger,
): ProtocolHandlers {
  const guard = (handler: H2Handler): H2Handler => async (request) => {
    const reason = pageRefusal(request, rules);
    if (reason !== undefined) {
      log.warn("grpc-page-refused", { peer: request.peer, reason });
      return await refuse(refused("permission_denied", reason, contentTypeOf(request)), request);
    }
    const origin = valueOf(request, "origin");
    if (!rules.origins.has(origin.toLowerCase())) return await handler(request);
    if (isPreflight(request)) return preflightAnswer(request, origin);
    return readableBy(origin, await handler(request));
  };
  return { http1: guard(http1), http2: guard(http2) };
}

/** Why a request that a page may have sent is not answered; undefined if it is. */
export function pageRefusal(request: H2Request, rules: BrowserRules): string | undefined {
  // Browsers speak HTTP/2 over TLS only, where the name has to be the certificate's.
  if (protocolOf(contentTypeOf(request)) === "grpc") return undefined;
  const host = (request.authority || valueOf(request, "host")).toLowerCase();
  if (host !== "" && !isOurs(host, rules)) {
    return `host ${quote(host)} is neither an address nor a name of this machine; ` +
      "maglevd --host-name adds one";
  }
  const origin = valueOf(request, "origin").toLowerCase();
  if (origin === "" || origin === `${request.scheme}://${host}` || rules.origins.has(origin)) {
    return undefined;
  }
  return `the page ${quote(origin)} may not call this API; maglevd --allow-origin lets it`;
}

/** Whether a page that is not ours cannot have this name; `host` as in a request, in lower case. */
export function isOurs(host: string, { hostNames }: Pick<BrowserRules, "hostNames">): boolean {
  const [, v6, name = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  if (v6 !== undefined) return parseIp(v6)?.family === 6;
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  return bare === "localhost" || parseIp(bare) !== undefined || hostNames.has(bare);
}

/** For messages: bounded and printable. */
function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/**
 * The names of a machine, in lower case: its host name, the first label of that, and what stands
 * beside either in `hosts`, the text of /etc/hosts. No resolver is asked, which might be the one
 * that lies.
 */
export function machineNames(hostname: string, hosts: string): ReadonlySet<string> {
  const full = hostname.toLowerCase();
  const own = [full, full.split(".", 1)[0] ?? ""].filter((name) => name !== "");
  const lines = hosts.toLowerCase().split("\n")
    .map((line) =>
      (line.split("#", 1)[0] ?? "").split(/\s+/).slice(1).filter((name) => name !== "")
    )
    .filter((names) => names.some((name) => own.includes(name)));
  return new Set([...own, ...lines.flat()]);
}

/** Fields that clients of Connect and gRPC-Web send, and that a page may therefore set. */
const allowedFields = [
  "authorization",
  "connect-protocol-version",
  "connect-timeout-ms",
  "content-type",
  "grpc-timeout",
  "x-grpc-web",
  "x-user-agent",
];

/** Fields of an answer that those clients read. */
const exposedFields = ["grpc-message", "grpc-status", "grpc-status-details-bin"];

/** Seconds for which a browser need not ask again. */
const maxAge = 7_200;

/** Whether a browser asks what a page may send. */
function isPreflight({ method, headers }: H2Request): boolean {
  return method === "OPTIONS" &&
    headers.some(([name]) => name === "access-control-request-method");
}

/**
 * What a browser is told of a page that is let in, before that may send what is no plain form's
 * (https://fetch.spec.whatwg.org/#http-cors-protocol).
 */
function preflightAnswer({ headers }: H2Request, origin: string): H2Response {
  // Browsers ask so before they let a page of the Internet reach an address of a private network.
  const isPrivate = headers.some(([name]) => name === "access-control-request-private-network");
  const fields: H2Field[] = [
    ["access-control-allow-methods", "GET, POST"],
    ["access-control-allow-headers", allowedFields.join(", ")],
    ["access-control-max-age", String(maxAge)],
  ];
  if (isPrivate) fields.push(["access-control-allow-private-network", "true"]);
  return { status: 204, headers: [...fields, ...originFields(origin)] };
}

/** An answer that a page of `origin` may read. */
function readableBy(origin: string, response: H2Response): H2Response {
  const exposed: H2Field = ["access-control-expose-headers", exposedFields.join(", ")];
  return { ...response, headers: [...response.headers, exposed, ...originFields(origin)] };
}

function originFields(origin: string): H2Field[] {
  return [["access-control-allow-origin", origin], ["vary", "origin"]];
}
