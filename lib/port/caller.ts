import { type Access, covers, type Credentials, denial, type Principal } from "../access/mod.ts";
import type { H2Request } from "../h2/mod.ts";
import type { Clock } from "../time/mod.ts";
import { FailedLogins } from "./failed_logins.ts";
import { isLocalPeer } from "./prefix.ts";

/**
 * A client's connection as its requests have it: by it is counted what they hold together, and
 * known who it is.
 */
export class Client {
  /** Set at latest when the first request comes. */
  credentials: Credentials | undefined;

  constructor(credentials?: Credentials) {
    this.credentials = credentials;
  }
}

/** Who sends a request. */
export type Identify = (request: Pick<H2Request, "peer" | "connection" | "headers">) => Principal;

/** Asks `access` about each request. */
export function identifyBy(access: Access): Identify {
  return ({ peer, connection, headers }) => {
    const credentials = connection instanceof Client ? connection.credentials : undefined;
    const valuesOf = (field: string) =>
      headers.filter(([name]) => name === field).map(([, value]) => value);
    const authorization = valuesOf("authorization");
    const caller = access({ peer, isLocal: isLocalPeer(peer), credentials, authorization });
    return onBehalf(caller, valuesOf(onBehalfField));
  };
}

/** Tells why whoever sends a request may not read, as a sentence; undefined if it may. */
export type ReadGate = (request: Pick<H2Request, "peer" | "connection" | "headers">) => Promise<
  string | undefined
>;

/**
 * Asks for the role view, where `access` tells of whom that is asked; undefined: of nobody now. Who
 * shows something wrong waits for the answer, as with the API.
 */
export function readGate(access: () => Access | undefined, clock: Clock): ReadGate {
  const failures = new FailedLogins(clock);
  return async (request) => {
    const decide = access();
    if (!decide) return undefined;
    const principal = identifyBy(decide)(request);
    const reason = denial(principal, "view");
    if (reason !== undefined && principal.isFailure) await failures.pause(principal.peer);
    return reason;
  };
}

/**
 * The field by which a caller says for whom it asks: a name, percent-encoded as UTF-8
 * (RFC 3986 section 2.1).
 */
export const onBehalfField = "x-maglev-on-behalf-of";

/** Characters of a name that are told. */
const mostCharacters = 64;

/**
 * The caller as it is told of when it asks for somebody: `web (for alice)`. What it may do stays what
 * it may itself, and who may not change anything is not believed either. A name that cannot be read,
 * or of which nothing is left without what no name has, is none.
 */
export function onBehalf(by: Principal, values: readonly string[]): Principal {
  const [value] = values;
  if (value === undefined || values.length > 1 || !covers(by.role, "operate")) return by;
  const name = nameIn(value);
  if (name === "") return by;
  const { now } = by;
  return {
    ...by,
    name: `${by.name} (for ${name})`,
    ...now && { now: () => onBehalf(now(), values) },
  };
}

/** Without control and formatting characters, and parentheses, which would make it look like another. */
function nameIn(value: string): string {
  try {
    // A header is bounded: to cut what is encoded could leave a part of a character.
    const text = decodeURIComponent(value).toWellFormed();
    return [...text.replaceAll(/[\p{C}\p{Z}()]+/gu, " ").trim()].slice(0, mostCharacters).join("");
  } catch {
    return "";
  }
}
