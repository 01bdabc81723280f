import { covers, type Role } from "./roles.ts";

/**
 * How it is known who calls.
 *
 * - `machine`: the call comes from this machine itself, by a loopback address or a Unix socket.
 * - `open`: nobody is asked, as maglevd was started with `--open`.
 * - `unix`: the kernel tells who is at the other end of a Unix socket, and the rules whom they give
 *   what.
 * - `certificate`: it shows a certificate that the rules know.
 * - `token`: it shows a token that the rules know.
 * - `none`: it is not known.
 */
export type Authentication = "machine" | "open" | "unix" | "certificate" | "token" | "none";

/** Who calls, and what it may do. */
export interface Principal {
  /**
   * As the rules have it; the user that a Unix socket tells of; `operator` where nobody is asked for
   * a name, `anonymous` for strangers.
   */
  readonly name: string;
  /** `none` may not even read. */
  readonly role: Role | "none";
  /** Where the call came from, for people; empty where the transport does not say. */
  readonly peer: string;
  readonly method: Authentication;
  /** Why it has no other role, or how to get one: ends a sentence. */
  readonly advice?: string;
  /** It has shown something wrong, which may have been a guess. */
  readonly isFailure?: boolean;
  /** The same caller by the rules that are in force when this is asked; undefined: they stay. */
  readonly now?: () => Principal;
}

/** What a connection tells of who made it, for certain. */
export type Credentials = UnixCredentials | CertificateCredentials;

/** What the kernel tells of who is at the other end of a Unix socket. */
export interface UnixCredentials {
  readonly kind: "unix";
  /** The name of the user; its number where it has none. */
  readonly user: string;
  readonly uid: number;
  /** The groups that the client was in when it connected, the one that it ran with first. */
  readonly gids: readonly number[];
}

/** What the certificate tells that a client has shown, whose key it holds. */
export interface CertificateCredentials {
  readonly kind: "certificate";
  /** In the form of RFC 4514: `CN=alice,O=Example`. */
  readonly subject: string;
  /** Of subjectAltName: `DNS:ci.example.net`, `email:ops@example.net`. */
  readonly names: readonly string[];
  /**
   * Why it counts for nothing now, as the end of a sentence; undefined: it is good. It may be
   * another one later: certificates end, and authorities are trusted no more.
   */
  readonly problem: string | undefined;
}

/** What is known of a call before it is looked at. */
export interface Caller {
  /** Where it came from; empty where the transport does not say. */
  readonly peer: string;
  /** Whether that is this machine itself. */
  readonly isLocal: boolean;
  readonly credentials?: Credentials | undefined;
  /** The fields `authorization` of the call. */
  readonly authorization?: readonly string[];
}

/** Tells who calls. */
export type Access = (caller: Caller) => Principal;

/**
 * Who calls where maglevd asks nobody: this machine may do everything, all others may read, and
 * with `open` do everything as well.
 */
export function accessByPlace({ open }: { readonly open: boolean }): Access {
  return ({ peer, isLocal, credentials }) => {
    const name = credentials?.kind === "unix" ? credentials.user : "operator";
    if (isLocal) return { name, role: "admin", peer, method: "machine" };
    if (open) return { name: "operator", role: "admin", peer, method: "open" };
    return { name: "anonymous", role: "view", peer, method: "none", advice: elsewhere };
  };
}

const elsewhere =
  "from elsewhere than the machine that maglevd runs on one may only read; call it " +
  "there, or start maglevd with --auth or --open";

/** Why somebody may not do what takes the role `needed`; undefined if it may. */
export function denial(
  { role, peer, advice }: Pick<Principal, "role" | "peer" | "advice">,
  needed: Role,
): string | undefined {
  if (covers(role, needed)) return undefined;
  const who = peer === "" ? "this caller" : peer;
  const has = role === "none" ? "is not known" : `has ${role}`;
  const why = advice === undefined ? "" : `: ${advice}`;
  return `this takes the role ${needed}, and ${who} ${has}${why}`;
}
