import type { Clock } from "../time/mod.ts";
import type { Collector } from "./collector.ts";
import { headerText } from "./text.ts";

/** A slice ends at this size, in UTF-16 units, … */
const sliceSize = 64 * 1024;
/** … or after this long, far enough below the 10 ms that nothing may hold the event loop for. */
const sliceMs = 3;
/** The clock is asked once per so many lines. */
const linesPerLook = 32;

/**
 * A whole scrape in slices. Asking for the next one costs a few milliseconds at most, so a consumer
 * that lets other work run between them never holds the event loop, however many series there are.
 * The series are those of the moment in which their slice is made. A slice is empty where all that
 * took so long has no series.
 */
export function* exposition(
  collectors: readonly Collector[],
  clock: Clock,
): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let text = "";
  let lines = 0;
  let started = clock.now();
  for (const collector of collectors) {
    text += headerText(collector.family);
    for (const line of collector.lines()) {
      text += line;
      const late = ++lines % linesPerLook === 0 && clock.now() - started > sliceMs;
      if (!late && text.length < sliceSize) continue;
      yield encoder.encode(text);
      text = "";
      started = clock.now();
    }
  }
  yield encoder.encode(text);
}
