import { messageOf } from "../errors.ts";

/** Lines kept, newest first. Old ones fall off the end. */
export const historyLimit = 1000;

/** Longer lines are not worth keeping, in characters. */
const lineLimit = 4096;

/** Where the history is kept: XDG base directories, or nowhere without a home. */
export function historyPath(
  environment: { get(name: string): string | undefined },
): string | undefined {
  const home = environment.get("HOME");
  const state = environment.get("XDG_STATE_HOME") || (home && `${home}/.local/state`);
  return state && state.startsWith("/") ? `${state}/maglevc/history` : undefined;
}

/**
 * Reads the history, newest first, each line once. A missing or unreadable file is an empty history.
 * A file that has grown long is written anew.
 */
export async function loadHistory(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  try {
    const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
    const history = [...new Set(lines.toReversed())].slice(0, historyLimit);
    if (lines.length > 2 * historyLimit) await rewrite(path, history);
    return history;
  } catch {
    return [];
  }
}

/**
 * Adds a line to the history, readable by its owner only. Lines of several shells at once come one
 * behind the other: each is appended by one write. Returns why it could not be written.
 */
export async function addToHistory(
  path: string | undefined,
  line: string,
): Promise<string | undefined> {
  if (path === undefined || line.trim() === "" || line.length > lineLimit) return undefined;
  try {
    await Deno.mkdir(folderOf(path), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(path, `${line}\n`, { append: true, mode: 0o600 });
    return undefined;
  } catch (error) {
    return `cannot save the history to ${path}: ${messageOf(error)}`;
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Other shells see it whole or not at all. */
async function rewrite(path: string, history: readonly string[]): Promise<void> {
  const temporary = `${path}.${Deno.pid}`;
  const text = history.toReversed().map((line) => `${line}\n`).join("");
  await Deno.writeTextFile(temporary, text, { mode: 0o600 });
  await Deno.rename(temporary, path);
}
