import { type Limits, runTests } from "./run.ts";
import { testFilesOf } from "./rooms.ts";
import type { TreeCopy } from "./tree.ts";

/** How a room's tests do without any change. */
export interface Baseline {
  /** Each test file with the milliseconds that its tests take together. */
  readonly files: ReadonlyMap<string, number>;
  /** The longest test, in milliseconds. */
  readonly longestMs: number;
}

const generous: Limits = { totalMs: 600_000, silentMs: 300_000 };

/** Runs all tests of a room on the unchanged copy. Throws, with the test's name, if one fails. */
export async function baselineOf(
  copy: TreeCopy,
  room: string,
  signal: AbortSignal,
): Promise<Baseline> {
  const files = await testFilesOf(copy.root, room);
  const report = `${copy.root}/junit.xml`;
  const outcome = await runTests(copy, files, generous, signal, [`--junit-path=${report}`]);
  if (outcome.kind === "failed") {
    throw new Error(
      `the tests of ${room} fail without any change: ${outcome.by}\n${outcome.output}`,
    );
  }
  if (outcome.kind === "late") {
    throw new Error(`the tests of ${room} are not done after ${generous[outcome.limit] / 1000} s`);
  }
  return durationsIn(await Deno.readTextFile(report), files);
}

/** Reads the durations from a JUnit report. */
export function durationsIn(report: string, files: readonly string[]): Baseline {
  const durations = new Map(files.map((path) => [path, 0]));
  let longestMs = 0;
  for (
    const [, path = "", seconds] of report.matchAll(/ classname="\.\/([^"]+)" time="([\d.]+)"/g)
  ) {
    const milliseconds = Number(seconds) * 1000;
    durations.set(path, (durations.get(path) ?? 0) + milliseconds);
    longestMs = Math.max(longestMs, milliseconds);
  }
  return { files: durations, longestMs };
}

/** What a run of these files may take: four times as long as without change, and 10 s. */
export function limitsOf({ files, longestMs }: Baseline, chosen: readonly string[]): Limits {
  const sum = chosen.reduce((total, path) => total + (files.get(path) ?? 0), 0);
  return { totalMs: 4 * sum + 10_000, silentMs: 4 * longestMs + 10_000 };
}
