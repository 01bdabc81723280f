import type { Clock } from "../time/mod.ts";
import type { Family } from "./families.ts";

/** The lines that come before a family's series (Prometheus' text exposition format 0.0.4). */
export function headerText(family: Family): string {
  const help = family.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${family.type}\n`;
}

/** `a="x",b="y"`, or nothing without labels. `values` stand in the order of `names`. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, i) => `${name}="${escapeLabel(values[i] ?? "")}"`).join(",");
}

/** One line: name, labels if any, value. */
export function sampleText(name: string, labels: string, value: number): string {
  return labels === ""
    ? `${name} ${valueText(value)}\n`
    : `${name}{${labels}} ${valueText(value)}\n`;
}

/** A number as Prometheus spells it. */
export function valueText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}

const special = /[\\"\n]/;

/** Most names hold nothing to escape; testing first is what keeps a big scrape cheap. */
function escapeLabel(value: string): string {
  if (!special.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** Yields the lines of one family for one scrape. */
export interface Collector {
  readonly family: Family;
  /**
   * Each item is one line or a few, line ends included, or empty: it took a while to find out that
   * there is none.
   */
  lines(): Iterable<string>;
}

/** A value and its label values, in the order of the family's labels. */
export type Sample = readonly [value: number, ...labels: string[]];

/**
 * A family whose series are read off something else at the time of the scrape; undefined stands for
 * something that has none.
 */
export function collector(family: Family, samples: () => Iterable<Sample | undefined>): Collector {
  return {
    family,
    *lines() {
      for (const sample of samples()) {
        if (!sample) {
          yield "";
          continue;
        }
        const [value, ...labels] = sample;
        yield sampleText(family.name, labelText(family.labels, labels), value);
      }
    },
  };
}

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
