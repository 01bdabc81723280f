import { newToken } from "../../support/tokens.ts";

/** Who is known to the file of {@link authText}, and with what. */
export const tokens = { vera: newToken(), otto: newToken(), ada: newToken() };

/** A name of {@link tokens}. */
export type Person = keyof typeof tokens;

/** What each may do. */
export const rolesOf = { vera: "view", otto: "operate", ada: "admin" } as const;

/** The file: these people, with these roles where they are others, and what else stands in it. */
export function authText(
  people: Readonly<Partial<Record<Person, string>>> = rolesOf,
  more = "",
): string {
  const lines = Object.entries(people).map(([name, role]) =>
    `    - { name: ${name}, role: ${role}, sha256: ${tokens[name as Person].sha256} }\n`
  );
  return `auth:\n${more}  tokens:\n${lines.join("")}`;
}

/** How a browser says who it is for. */
export function loginOf(name: Person, as: string = name): { readonly authorization: string } {
  return { authorization: `Basic ${btoa(`${as}:${tokens[name].token}`)}` };
}

/** A file of `--auth` that a test may write anew. */
export interface AuthFile extends AsyncDisposable {
  readonly path: string;
  write(text: string): Promise<void>;
}

/** Makes one with this text. */
export async function authFile(text: string): Promise<AuthFile> {
  const folder = await Deno.makeTempDir({ prefix: "maglev-web-auth-" });
  const path = `${folder}/auth.yaml`;
  const write = (content: string) => Deno.writeTextFile(path, content, { mode: 0o640 });
  await write(text);
  return { path, write, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}
