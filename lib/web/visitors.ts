import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { accessByRules, type AuthRules, type Principal } from "../access/mod.ts";
import type { H2Request } from "../h2/mod.ts";
import { type Identify, identifyBy, type RecentFailures } from "../port/mod.ts";
import { isToken } from "../token/mod.ts";
import type { Credentials } from "./settings.ts";

/** Who sends a request, and what it may do. */
export interface Visitor extends Pick<Principal, "role" | "peer" | "advice" | "isFailure"> {
  /** As the file of `--auth` has it, or the user of the password; `anonymous` for strangers. */
  readonly name: string;
  /** Whether it has logged in, or shown a certificate. */
  readonly isKnown: boolean;
  /** Set where it is known by a certificate alone: that ends without an event. */
  readonly hasCertificate?: boolean;
  /** The same by what is in force when this is asked. */
  readonly now: () => Visitor;
}

/** A password that was not looked at, and for how long none is. */
export interface TooSoon {
  readonly tooSoonMs: number;
}

/** How visitors are known. */
export interface VisitorOptions {
  /** Those of `--auth` that are in force; undefined: there is no file, and all may look. */
  readonly rules: (() => AuthRules) | undefined;
  /** Who may do everything besides. */
  readonly credentials: Credentials | undefined;
  /**
   * Passwords that were wrong. They were made up by people, and may be guessed: after a wrong one none
   * of its network is looked at for a while, right or wrong, on however many connections they come.
   */
  readonly guesses: RecentFailures;
}

/** What a request tells of who sends it. */
type Asking = Pick<H2Request, "peer" | "connection" | "headers">;

/**
 * Tells who sends a request: by a bearer token, by a name and its token or a user and its password
 * as basic authentication has them (RFC 7617), else by the certificate of its connection. Who shows
 * what it cannot be known by is nobody.
 */
export function visitorsBy(
  { rules, credentials, guesses }: VisitorOptions,
): (request: Asking) => Visitor | TooSoon {
  const byRules = rules && identifyBy(accessByRules(rules));
  return (request) => {
    const { peer } = request;
    const [shown, ...others] = request.headers.flatMap(([name, value]) =>
      name === "authorization" ? [value] : []
    );
    if (shown === undefined) return byRules ? known(byRules, request, []) : viewer(peer);
    if (others.length > 0) return nobody(peer);
    const login = loginIn(shown);
    if (!login) return byRules ? known(byRules, request, [shown]) : nobody(peer);
    if (byRules && isToken(login.password)) {
      return known(byRules, request, [`Bearer ${login.password}`], login.user);
    }
    if (!credentials) return nobody(peer);
    const tooSoonMs = guesses.leftMs(peer);
    if (tooSoonMs > 0) return { tooSoonMs };
    if (isSame(login, credentials)) return owner(login.user, peer);
    guesses.add(peer);
    return nobody(peer);
  };
}

/** Whom rules know, by these fields `authorization`; who gives a name has to give the right one. */
function known(
  byRules: Identify,
  { peer, connection }: Asking,
  authorization: readonly string[],
  wanted?: string,
): Visitor {
  // Nothing else that a browser says is of interest: for whom it asks least of all.
  const headers = authorization.map((value) => ["authorization", value] as const);
  const now = (): Visitor => {
    const { name, role, method, advice, isFailure = false } = byRules({
      peer,
      connection,
      headers,
    });
    if (isFailure && authorization.length > 0) return nobody(peer, now);
    if (wanted !== undefined && name !== wanted) return nobody(peer, now);
    const isKnown = method !== "none";
    const hasCertificate = method === "certificate";
    const all = { name, role, peer, isKnown, hasCertificate, isFailure, now };
    return { ...all, ...advice !== undefined && { advice } };
  };
  return now();
}

const anonymous = "anonymous";

/** Where there is no file of `--auth`. */
function viewer(peer: string): Visitor {
  const self: Visitor = { name: anonymous, role: "view", peer, isKnown: false, now: () => self };
  return self;
}

function owner(name: string, peer: string): Visitor {
  const self: Visitor = { name, role: "admin", peer, isKnown: true, now: () => self };
  return self;
}

const wrongLogin = "what it shows is neither a name with its token nor a user with its password";

function nobody(peer: string, now?: () => Visitor): Visitor {
  const self: Visitor = {
    name: anonymous,
    role: "none",
    peer,
    isKnown: false,
    isFailure: true,
    advice: wrongLogin,
    now: now ?? (() => self),
  };
  return self;
}

/** The user and the password of a field; undefined if it is of another kind. */
function loginIn(field: string): Credentials | undefined {
  const [, encoded] = /^basic +([a-z0-9+/=]*)$/i.exec(field) ?? [];
  if (encoded === undefined) return undefined;
  const given = Buffer.from(encoded, "base64").toString("utf8");
  const colon = given.indexOf(":");
  return colon < 0
    ? { user: given, password: "" }
    : { user: given.slice(0, colon), password: given.slice(colon + 1) };
}

/** Takes as long whatever differs. */
function isSame(given: Credentials, known: Credentials): boolean {
  const [one, other] = [given, known].map(({ user, password }) => `${user}:${password}`);
  const [a, b] = [one, other].map((text = "") => {
    const octets = Buffer.alloc(1024);
    octets.write(text);
    return octets;
  });
  return a !== undefined && b !== undefined && timingSafeEqual(a, b) && one === other;
}
