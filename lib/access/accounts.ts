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

/** Numbers of users and groups by their names. */
export interface AccountNumbers {
  /** Undefined when there is no user of that name. Throws where the file cannot be read. */
  uid(name: string): number | undefined;
  /** The same of a group. */
  gid(name: string): number | undefined;
}

/** For names of callers the file is read again after so many milliseconds at the soonest. */
const freshMs = 10_000;

/**
 * Names and numbers of users and groups, by the files alone: to ask other sources of accounts can
 * take as long as a network does. Who is known by those alone has a number.
 */
export class Accounts {
  #names: ReadonlyMap<number, string> = new Map();
  #readAt = -Infinity;

  /** Nothing is read before it is asked for. */
  constructor(
    private readonly clock: Clock,
    private readonly files: AccountFiles = systemAccounts,
  ) {}

  /** The name of a user, its number where it has none, or none can be found out. */
  userName(uid: number): string {
    this.#refresh();
    return this.#names.get(uid) ?? String(uid);
  }

  /** Numbers as the files have them from now on, each of which is read once, if it is asked for. */
  numbers(): AccountNumbers {
    const { files } = this;
    let users: ReadonlyMap<string, number> | undefined;
    let groups: ReadonlyMap<string, number> | undefined;
    return {
      uid: (name) => (users ??= numbersByName(files.users())).get(name),
      gid: (name) => (groups ??= numbersByName(files.groups())).get(name),
    };
  }

  #refresh(): void {
    const now = this.clock.now();
    if (now - this.#readAt < freshMs) return;
    this.#readAt = now;
    // Of several names for one number the first counts, as it does for getpwuid(3).
    const users = [...numbersByName(this.#usersOrNone())].reverse();
    this.#names = new Map(users.map(([name, uid]) => [uid, name]));
  }

  #usersOrNone(): string {
    try {
      return this.files.users();
    } catch {
      // For a lack of descriptors, say: who calls is let in all the same, by its number.
      return "";
    }
  }
}

/** What both files have in common: `name:password:number:…` on each line. */
function numbersByName(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", , number = ""] = line.split(":");
    if (name !== "" && /^\d{1,10}$/.test(number)) found.getOrInsert(name, Number(number));
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
