import { CommandFailure } from "./errors.ts";
import { flagHelp, parseFlags } from "./flags.ts";
import { type NamedServer, namedServers, serversPath, usualServer } from "./servers.ts";
import { candidates } from "./shell/tab.ts";
import { plainStyle } from "./style.ts";
import { Targets } from "./targets.ts";
import { commandTree } from "./tree.ts";

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
