import type { H2Request, H2Response } from "../h2/mod.ts";
import { isOurs } from "../port/mod.ts";
import { sentence } from "./answers.ts";

/** A header field's value; empty if there is none. */
export function field({ headers }: H2Request, wanted: string): string {
  return headers.find(([name]) => name === wanted)?.[1] ?? "";
}

/**
 * Refuses what another page has a browser ask for by changing what its own name resolves to: then
 * `Host` is the name of that page. Undefined if there is nothing to be refused.
 */
export function refuseHost(
  request: H2Request,
  hostNames: ReadonlySet<string>,
): H2Response | undefined {
  const host = hostOf(request);
  if (host === "" || isOurs(host, { hostNames })) return undefined;
  const shown = JSON.stringify(host.slice(0, 100));
  return sentence(
    421,
    `${shown} is neither an address nor a name of this machine; maglevd-frontend --host-name adds one`,
  );
}

function hostOf(request: H2Request): string {
  return (request.authority || field(request, "host")).toLowerCase();
}

/**
 * Refuses what a form or a script of another page may have sent: a form cannot send JSON, and a
 * script has to say where it is from. A proxy in front may speak another scheme, not for another
 * host. Undefined if there is nothing to be refused.
 */
export function refusePage(request: H2Request): H2Response | undefined {
  const [type = ""] = field(request, "content-type").toLowerCase().split(";");
  if (type.trim() !== "application/json") {
    return sentence(415, "what changes something has to be application/json");
  }
  const origin = field(request, "origin").toLowerCase();
  const [, host = ""] = /^https?:\/\/([^/]+)$/.exec(origin) ?? [];
  if (host !== "" && host === hostOf(request)) return undefined;
  return sentence(403, "only the page of this server may change something");
}
