import { runDeno } from "./process.ts";
import type { Tally } from "./tally.ts";
import { tallyOf } from "./tally.ts";
import { locked, root } from "../programs.ts";

/** The tests of one folder under tests/, or of some of its files. */
export interface Room {
  /** As it is told: the folder's name, and which part of it. */
  readonly name: string;
  /** Files, from the root. */
  readonly paths: readonly string[];
}

/** What became of the tests of a room. */
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
const longestFirst = [
  ...["packaging", "docs", "rpc", "simulation", "cli", "demo", "config", "web", "guide", "e2e"],
  ...["vpp", "attack", "faults", "probes", "api"],
];

/** With these a test fails that leaves something open. */
export const leakFlags: readonly string[] = [
  "--trace-leaks",
  "--sanitize-resources",
  `--preload=${root}tests/support/leaks.ts`,
];

/** How many parts a room has that would take minutes in one. */
const partsOf: Readonly<Record<string, number>> = { docs: 2, e2e: 3, packaging: 4, rpc: 2 };

/** A room that takes longer hangs: on a busy machine the longest have been seen to take four minutes. */
const hungMs = 420_000;

/** The folders under tests/ that hold tests, longest first, some of them in parts. */
export async function testRooms(): Promise<Room[]> {
  const folders: string[] = [];
  for await (const entry of Deno.readDir("tests")) {
    if (!entry.isDirectory) continue;
    if ((await testsIn(`tests/${entry.name}`)).length > 0) folders.push(entry.name);
  }
  const rank = (room: string) => (longestFirst.indexOf(room) + 1) || longestFirst.length + 1;
  folders.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return (await Promise.all(folders.map(inParts))).flat();
}

/** The files of a folder, or what is dealt out to its parts. */
async function inParts(folder: string): Promise<Room[]> {
  const files = (await testsIn(`tests/${folder}`)).sort();
  const parts = partsOf[folder];
  if (parts === undefined) return [{ name: `tests/${folder}`, paths: files }];
  return Array.from({ length: parts }, (_, part) => ({
    name: `tests/${folder}, part ${part + 1} of ${parts}`,
    paths: files.filter((_, i) => i % parts === part),
  }));
}

/**
 * Runs one room's tests in a process of its own: file descriptors, memory and network namespaces
 * are counted per process, so rooms that run at the same time don't disturb each other. The files
 * of a room are one module there: a module for each would load and compile what they share anew for
 * each, which takes as long as many of the tests.
 * `bundles` is a folder with the programs as tools/compile.ts makes them, which the tests then need
 * not make again and again; what else rooms share is made in there.
 */
export async function testRoom({ name, paths }: Room, bundles: string): Promise<RoomResult> {
  const started = performance.now();
  const module = `${bundles}/${name.replaceAll(/\W+/g, "_")}_test.ts`;
  const imports = paths.map((path) => `import ${JSON.stringify(`file://${root}${path}`)};\n`);
  await Deno.writeTextFile(module, imports.join(""));
  const { ok, output } = await runDeno(
    ["test", "-A", ...locked, "--no-check", ...leakFlags, module],
    hungMs,
    { MAGLEV_BUNDLES: bundles },
  );
  const seconds = (performance.now() - started) / 1000;
  return { room: name, tally: tallyOf(output, ok), output, seconds };
}

async function testsIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    if (isFile && name.endsWith("_test.ts")) found.push(`${folder}/${name}`);
    if (isDirectory) found.push(...await testsIn(`${folder}/${name}`));
  }
  return found;
}
