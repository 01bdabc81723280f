/** The shell scripts that start the programs: `packaging/*.sh`, with their marks filled in. */

import { closedFlags, type Program, root } from "./programs.ts";

/** What is written in place of `@NAME@`. */
export type Marks = Readonly<Record<string, string>>;

/**
 * A script that begins by choosing a program, which is the same in all of them: `@CHOOSE@` stands for
 * it. Other marks are left for {@link filledIn}.
 */
export async function choosingScript(path: string, programs: readonly Program[]): Promise<string> {
  const [script, choose] = await Promise.all(
    [path, "packaging/choose.sh"].map((each) => Deno.readTextFile(root + each)),
  );
  const names = programs.map(({ name }) => name);
  const choice = filledIn(choose ?? "", {
    PATTERN: names.join(" | "),
    NAMES: inWords(names),
    FIRST: names[0] ?? "",
    FLAGS: perProgram(programs, startOf),
  });
  return filledIn(script ?? "", { CHOOSE: choice.trimEnd(), NAMES: inWords(names) });
}

/** The marks that are known replaced, the others left. */
export function filledIn(script: string, marks: Marks): string {
  return script.replaceAll(/@([A-Z_]+)@/g, (mark, name) => marks[name] ?? mark);
}

/**
 * What is set before a program is started. A signal that is ignored stays so over exec(2), until the
 * program listens to it: one that comes before has nothing to tell, since no file has been read yet.
 */
function startOf({ permissions, reloads }: Program): string {
  const flags = `flags='${[...permissions, ...closedFlags].join(" ")}'`;
  return reloads ? `${flags} && trap '' HUP` : flags;
}

/** The branches of a `case $name in`. */
export function perProgram(
  programs: readonly Program[],
  command: (program: Program) => string,
): string {
  return programs.map((each) => `  ${each.name}) ${command(each)} ;;`).join("\n");
}

function inWords(names: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(names);
}
