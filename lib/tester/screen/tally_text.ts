import type { Tally } from "../stats/tally.ts";
import { clip, printable, shortCount, widthOf } from "../text.ts";
import type { Paint } from "./paint.ts";

/**
 * Which servers answered, and how often, in so many columns: those of a moment ago bright, the others
 * grey and in brackets. Pure.
 */
export function tallyText(tally: Tally, now: number, width: number, paint: Paint): string {
  const pieces = tally.values(now).map(({ value, count, isRecent }) => {
    const text = `${value === "" ? '""' : printable(value)} ${shortCount(count)}`;
    return isRecent ? { text, meaning: "bright" as const } : {
      ...{ text: `(${text})`, meaning: "dim" as const },
    };
  });
  const { others, without } = tally;
  if (others > 0) pieces.push({ text: `(others ${shortCount(others)})`, meaning: "dim" });
  if (without > 0) pieces.push({ text: `(no header ${shortCount(without)})`, meaning: "dim" });
  const shown: string[] = [];
  let left = width;
  for (const [i, { text, meaning }] of pieces.entries()) {
    const gap = i === 0 ? 0 : 2;
    const rest = pieces.length - i;
    const mark = rest > 1 ? 3 + `+${rest - 1}`.length : 0;
    if (i > 0 && gap + widthOf(text) + mark > left) {
      if (left >= 2 + `+${rest}`.length) shown.push(paint("dim", `+${rest}`));
      break;
    }
    const cut = clip(text, left);
    shown.push(paint(meaning, cut));
    left -= gap + widthOf(cut);
  }
  return shown.join("  ");
}
