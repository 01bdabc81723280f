import { percent, type Score } from "./score.ts";

/** The page with the table, from the root of the tree. */
export const tablePage = "docs/testing.md";

/** One run, as the table shows it. */
export interface Row {
  readonly room: string;
  readonly score: Score;
  /** `2026-11-21`. */
  readonly date: string;
  /** What makes the same run again. */
  readonly command: string;
}

/** The page with the row of this room put in the place of its old one. Throws if it has none. */
export function withRow(page: string, row: Row): string {
  const place = new RegExp(`^\\| \`${row.room}\` .*$`, "m");
  if (!place.test(page)) {
    throw new Error(`${tablePage}: no row of the mutation table for ${row.room}`);
  }
  return page.replace(place, () => rowText(row));
}

function rowText({ room, score, date, command }: Row): string {
  const { killed, timedOut, survived } = score;
  const cells = [
    `\`${room}\``,
    killed + timedOut + survived,
    killed + timedOut,
    survived,
    `${percent(score).toFixed(1)} %`,
    date,
    `\`${command}\``,
  ];
  return `| ${cells.join(" | ")} |`;
}
