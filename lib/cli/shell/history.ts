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

/** The history with `line` as its newest entry; repetitions and blank lines are not kept. */
export function withLine(history: readonly string[], line: string): string[] {
  if (line.trim() === "" || line.length > lineLimit) return [...history];
  return [line, ...history.filter((each) => each !== line)].slice(0, historyLimit);
}

/** Reads the history, newest first. A missing or unreadable file is an empty history. */
export async function loadHistory(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  try {
    const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
    return lines.reverse().slice(0, historyLimit);
  } catch {
    return [];
  }
}

/**
 * Writes the history, oldest line first, readable by its owner only; other shells see it whole
 * or not at all. Returns why it could not be written.
 */
export async function saveHistory(
  path: string | undefined,
  history: readonly string[],
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const folder = path.slice(0, path.lastIndexOf("/"));
  const temporary = `${path}.${Deno.pid}`;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(temporary, [...history].reverse().map((l) => `${l}\n`).join(""), {
      mode: 0o600,
    });
    await Deno.rename(temporary, path);
    return undefined;
  } catch (error) {
    return `cannot save the history to ${path}: ${error instanceof Error ? error.message : error}`;
  }
}
