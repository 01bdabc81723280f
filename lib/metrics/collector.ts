import type { Family } from "./families.ts";
import { labelText, sampleText } from "./text.ts";

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
