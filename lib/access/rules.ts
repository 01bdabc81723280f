import type {
  Access,
  Authentication,
  Caller,
  CertificateCredentials,
  Principal,
  UnixCredentials,
} from "./principal.ts";
import { covers, type Role } from "./roles.ts";
import { bearerDigest, sameDigest } from "./token.ts";

/** What somebody is given. */
export interface Grant {
  readonly role: Role;
  /** What it is called; by its user unless given. */
  readonly name?: string | undefined;
}

/** Who may do what, as the file of `--auth` says. */
export interface AuthRules {
  /** What whoever is not known may do. */
  readonly anonymous: "none" | "view";
  /** Who may read the metrics: whoever reaches them, or who has the role view. */
  readonly metrics: "anyone" | "view";
  /** By number. */
  readonly users: ReadonlyMap<number, Grant>;
  readonly groups: ReadonlyMap<number, Grant>;
  /** By subject, `CN=alice,O=Example`, or alternative name, `DNS:ci.example.net`. */
  readonly certificates: ReadonlyMap<string, Grant & { readonly name: string }>;
  readonly tokens: readonly (Grant & { readonly name: string; readonly digest: Uint8Array })[];
}

/** What a caller shows: no token, its digest, or something that is no token. */
type Shown = { readonly kind: "nothing" | "nonsense" } | {
  readonly kind: "token";
  readonly digest: Uint8Array;
};

/**
 * Who calls by the rules that are in force at that time. Who shows a token is whom that belongs to,
 * and nobody if it is unknown, whoever is at the other end of the connection.
 */
export function accessByRules(rules: () => AuthRules): Access {
  return (caller) => {
    const shown = shownBy(caller);
    const decide = (): Principal => ({ ...decided(rules(), caller, shown), now: decide });
    return decide();
  };
}

function shownBy({ authorization = [] }: Caller): Shown {
  const [field, ...others] = authorization;
  if (field === undefined) return { kind: "nothing" };
  const digest = others.length === 0 ? bearerDigest(field) : undefined;
  return digest ? { kind: "token", digest } : { kind: "nonsense" };
}

function decided(rules: AuthRules, { peer, credentials }: Caller, shown: Shown): Principal {
  if (shown.kind !== "nothing") return byToken(rules, peer, shown);
  switch (credentials?.kind) {
    case "unix": {
      const grant = byAccount(rules, credentials);
      if (!grant) break;
      const { name = credentials.user, role } = grant;
      return { name, role, peer, method: "unix", advice };
    }
    case "certificate":
      return { ...byCertificate(rules, credentials), peer };
  }
  return { ...stranger(rules), peer };
}

const advice = "the file of --auth says so";

function byToken(rules: AuthRules, peer: string, shown: Shown): Principal {
  let found: AuthRules["tokens"][number] | undefined;
  // All of them, so that the time tells nothing.
  for (const token of rules.tokens) {
    if (shown.kind === "token" && sameDigest(token.digest, shown.digest)) found = token;
  }
  if (found) {
    const { name, role } = found;
    return { name, role, peer, method: "token", advice };
  }
  return { ...failed("the token that it shows is not one that maglevd knows"), peer };
}

/** Who shows what it cannot be known by is nobody, where others might read as well. */
function failed(advice: string): Omit<Principal, "peer"> {
  return { name: anonymous, role: "none", method: "none", isFailure: true, advice };
}

function byCertificate(
  rules: AuthRules,
  { subject, names, problem }: CertificateCredentials,
): Omit<Principal, "peer"> {
  const what = `the certificate that it shows, of ${quoted(subject)},`;
  if (problem !== undefined) return failed(`${what} ${problem}`);
  const grants = [subject, ...names].map((name) => rules.certificates.get(name));
  const grant = mostOf(grants);
  if (grant) return { name: grant.name, role: grant.role, method: "certificate", advice };
  return { ...stranger(rules), advice: `${what} is not one that the file of --auth names` };
}

/** Bounded: whoever made the certificate chose it. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

const anonymous = "anonymous";

function stranger({ anonymous: role }: AuthRules): Omit<Principal, "peer"> {
  const method: Authentication = "none";
  const advice =
    "it has to show a token or a certificate, or to call by a Unix socket, as somebody " +
    "whom the file of --auth names";
  return { name: anonymous, role, method, advice };
}

/** Of all that fit the one that allows most; the user before groups. */
function byAccount({ users, groups }: AuthRules, { uid, gids }: UnixCredentials) {
  return mostOf([users.get(uid), ...gids.map((gid) => groups.get(gid))]);
}

/** The one that allows most, the first of several. */
function mostOf<G extends Grant>(grants: readonly (G | undefined)[]): G | undefined {
  return grants.reduce<G | undefined>((best, grant) => {
    if (!grant || !best) return grant ?? best;
    return covers(best.role, grant.role) ? best : grant;
  }, undefined);
}
