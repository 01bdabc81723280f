import type { Clock } from "../time/mod.ts";

/** Where Unix accounts are listed: name and number of users, or of groups. */
export interface AccountFiles {
  /** /etc/passwd, passwd(5). */
  users(): string;
  /** /etc/group, group(5). */
  groups(): string;
}

/** Those of this machine; empty where there are none. */
export const systemAccounts: AccountFiles = {
  users: () => textOf("/etc/passwd"),
  groups: () => textOf("/etc/group"),
};

/** The files are read again after so many milliseconds at the soonest. */
const freshMs = 10_000;

/**
 * Names and numbers of users and groups, by the files alone: to ask other sources of accounts can
 * take as long as a network does. Who is known by those alone has a number.
 */
export class Accounts {
  #users: ReadonlyMap<string, number> = new Map();
  #names: ReadonlyMap<number, string> = new Map();
  #readAt = -Infinity;

  /** Nothing is read before it is asked for. */
  constructor(
    private readonly clock: Clock,
    private readonly files: AccountFiles = systemAccounts,
  ) {}

  /** The name of a user, its number where it has none. */
  userName(uid: number): string {
    this.#refresh();
    return this.#names.get(uid) ?? String(uid);
  }

  /** The number of a user; undefined when there is none of that name. */
  uid(name: string): number | undefined {
    this.#refresh();
    return this.#users.get(name);
  }

  /** The number of a group, as the file has it now; undefined when there is none of that name. */
  gid(name: string): number | undefined {
    return numbersByName(this.files.groups()).get(name);
  }

  #refresh(): void {
    const now = this.clock.now();
    if (now - this.#readAt < freshMs) return;
    this.#readAt = now;
    this.#users = numbersByName(this.files.users());
    // Of several names for one number the first counts, as it does for getpwuid(3).
    this.#names = new Map([...this.#users].reverse().map(([name, uid]) => [uid, name]));
  }
}

/** What both files have in common: `name:password:number:…` on each line. */
function numbersByName(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", , number = ""] = line.split(":");
    if (name !== "" && /^\d{1,10}$/.test(number) && !found.has(name)) {
      found.set(name, Number(number));
    }
  }
  return found;
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
