import { runDeno } from "./process.ts";
import type { Tally } from "./tally.ts";
import { tallyOf } from "./tally.ts";
import { locked } from "../programs.ts";

/** The tests of one folder under tests/. */
export interface RoomResult {
  readonly room: string;
  readonly tally: Tally;
  readonly output: string;
  readonly seconds: number;
}

/**
 * Rooms whose tests take longest, first, so that the last core is not left alone with a long one
 * at the end.
 */
const longestFirst = ["e2e", "rpc", "packaging", "docs", "demo", "cli", "guide", "simulation"];

/** The folders under tests/ that hold tests, longest first. */
export async function testRooms(): Promise<string[]> {
  const rooms: string[] = [];
  for await (const entry of Deno.readDir("tests")) {
    if (entry.isDirectory && await holdsTests(`tests/${entry.name}`)) rooms.push(entry.name);
  }
  const rank = (room: string) => (longestFirst.indexOf(room) + 1) || longestFirst.length + 1;
  return rooms.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * Runs one room's tests in a process of its own: file descriptors, memory and network namespaces
 * are counted per process, so rooms that run at the same time don't disturb each other.
 */
export async function testRoom(room: string): Promise<RoomResult> {
  const started = performance.now();
  const { ok, output } = await runDeno(
    ["test", "-A", ...locked, "--no-check", "--trace-leaks", `tests/${room}`],
    280_000,
  );
  const seconds = (performance.now() - started) / 1000;
  return { room, tally: tallyOf(output, ok), output, seconds };
}

async function holdsTests(folder: string): Promise<boolean> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && entry.name.endsWith("_test.ts")) return true;
    if (entry.isDirectory && await holdsTests(`${folder}/${entry.name}`)) return true;
  }
  return false;
}
