import type { Mutant } from "./mutants.ts";
import { roomOf, rooms } from "./rooms.ts";

/** What is to be mutated: a room, one of its files, or one line of it. */
export interface Target {
  readonly room: string;
  readonly path?: string;
  readonly line?: number;
}

/** Reads `h2`, `lib/h2/flow.ts` or `lib/h2/flow.ts:34`. Throws on anything else. */
export function parseTarget(text: string): Target {
  if (text in rooms) return { room: text };
  const [, path = "", line] = text.match(/^(lib\/[\w/]+\.ts)(?::(\d+)(?::\d+)?)?$/) ?? [];
  if (!(roomOf(path) in rooms)) {
    const known = Object.keys(rooms).join(", ");
    throw new Error(`cannot mutate ${text}: neither a room (${known}) nor FILE[:LINE] of one`);
  }
  return { room: roomOf(path), path, ...line !== undefined && { line: Number(line) } };
}

/** Whether a mutant is meant by the target. */
export function isMeant({ room, path, line }: Target, mutant: Mutant): boolean {
  return roomOf(mutant.path) === room && (path ?? mutant.path) === mutant.path &&
    (line ?? mutant.line) === mutant.line;
}
