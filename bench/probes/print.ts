import type { Load, Measured } from "./load.ts";

/** Column heads. */
export function printTitle(): void {
  console.log("CPU in microseconds per check\n");
  row(
    "load",
    "checker",
    "rate/s",
    "user",
    "system",
    "sum",
    "false failures",
    "delayed, late",
    "RSS, MB",
  );
}

/** One measurement. */
export function printRow(checker: string, load: Load, measured: Measured | undefined): void {
  if (!measured) return;
  const { rate, user, system, failures, delays, resident } = measured;
  row(
    `${load.type}@${load.rate}`,
    checker,
    rate.toFixed(0),
    ...[user, system, user + system].map((value) => value.toFixed(1)),
    `${failures}`,
    delays === undefined ? "" : `${delays.delayed}, ${delays.late}`,
    resident.toFixed(0),
  );
}

/** Medians of both sides, and what ours is of theirs. */
export function printRatios(
  load: Load,
  ours: readonly Measured[],
  theirs: readonly Measured[],
): void {
  const sum = ({ user, system }: Measured) => user + system;
  const own = median(ours.map(sum));
  const text = theirs.length === 0
    ? `median ${own.toFixed(1)} µs`
    : `median ${own.toFixed(1)} µs, HAProxy ${median(theirs.map(sum)).toFixed(1)} µs: ` +
      `ratio ${(own / median(theirs.map(sum))).toFixed(2)}`;
  console.log(`${load.type}@${load.rate}: ${text}\n`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

function row(...cells: readonly string[]): void {
  const widths = [12, 10, 9, 8, 8, 8, 16, 16, 8];
  console.log(
    cells.map((cell, i) => i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
      .join(" "),
  );
}
