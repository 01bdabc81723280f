/** What may name the maintainer of the packages. */
export interface MaintainerSources {
  readonly environment: { get(name: string): string | undefined };
  /** A value of git's configuration, undefined when it has none. */
  readonly git: (key: string) => Promise<string | undefined>;
}

/**
 * Who is named in the packages: DEBFULLNAME and DEBEMAIL, as for Debian's own tools, else who git
 * says is at work. Throws a sentence when nobody is known: nobody is made up.
 */
export async function maintainer({ environment, git }: MaintainerSources): Promise<string> {
  const name = environment.get("DEBFULLNAME") || await git("user.name");
  const email = environment.get("DEBEMAIL") || await git("user.email");
  if (!name || !email) {
    throw new Error(
      "the packages need a maintainer: set DEBFULLNAME and DEBEMAIL, or git's user.name and user.email",
    );
  }
  if (/[\n<>]/.test(name) || !/^[^\s<>@]+@[^\s<>@]+$/.test(email)) {
    throw new Error(`"${name} <${email}>" is no maintainer: expected a name and an address`);
  }
  return `${name} <${email}>`;
}
