import { CommandFailure } from "./errors.ts";
import { parseFlags } from "./flags.ts";
import { type NamedServer, namedServers, serversPath } from "./servers.ts";
import { candidates } from "./shell/tab.ts";
import { plainStyle } from "./style.ts";
import { Targets } from "./targets.ts";
import { commandTree } from "./tree.ts";
import { usualServer } from "./usual_server.ts";

/** Flags that may be completed, with their help. */
const flagHelp: readonly (readonly [flag: string, help: string])[] = [
  ["--server", "maglevds, with commas between"],
  ["--token-file", "File with a token that tells maglevd who asks"],
  ["--color", "Colours"],
  ["--json", "Print JSON"],
  ["--yes", "Agree beforehand"],
  ["--dry-run", "Only tell what a change would come to"],
  ["--timeout", "Wait no longer than that, such as 30s"],
  ["--keep-going", "Go on after a command of a script that failed"],
  ["--help", "Print help"],
  ["--version", "Print the version"],
];

/**
 * What `maglevc __complete WORDS…` prints: a line per candidate for the last word, its help behind
 * a tab. The words are a command line so far, so a server named on it is the one asked. Nothing
 * where a flag is wrong or wants its value.
 */
export async function completeWords(args: readonly string[]): Promise<string[]> {
  const partial = args.at(-1) ?? "";
  if (/^--?server$/.test(args.at(-2) ?? "")) return await serverNames(partial);
  if (partial.startsWith("-")) {
    return flagHelp.filter(([flag]) => flag.startsWith(partial)).map((pair) => pair.join("\t"));
  }
  try {
    return await wordsAfter(args.slice(0, -1), partial);
  } catch (error) {
    if (error instanceof CommandFailure) return [];
    throw error;
  }
}

/** Names of servers.yaml, for the last of a list. */
async function serverNames(partial: string): Promise<string[]> {
  const before = partial.slice(0, partial.lastIndexOf(",") + 1);
  const named = await namedServers(serversPath(Deno.env)).catch((error: unknown) => {
    if (error instanceof CommandFailure) return new Map<string, NamedServer>();
    throw error;
  });
  return [...named].map(([name, { address }]) => `${before}${name}\t${address}`)
    .filter((line) => line.startsWith(partial));
}

async function wordsAfter(args: readonly string[], partial: string): Promise<string[]> {
  const { words, server, tokenFile, security } = parseFlags(args, Deno.env);
  using targets = await Targets.open({
    server: server || await usualServer(),
    tokenFile,
    security,
  });
  const context = {
    roots: commandTree,
    clients: targets.parts.map(({ client }) => client),
    style: plainStyle,
    width: 80,
  };
  const found = await candidates(context, words, partial);
  return found.map(({ word, help }) => help === "" ? word : `${word}\t${help}`);
}
