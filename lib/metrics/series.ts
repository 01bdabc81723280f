import type { Family } from "./families.ts";
import { labelText, sampleText } from "./exposition.ts";

interface Series<Cell> {
  /** Label values, in the order of the family's labels. */
  readonly values: readonly string[];
  /** The same as text, made once. */
  readonly labels: string;
  readonly cell: Cell;
}

/**
 * The series of one family, in groups by their first label's value: a backend has a handful of
 * series, so finding one is a lookup and a short walk, without building a key; and dropping all
 * that belongs to a backend is one deletion.
 */
abstract class SeriesTable<Cell> {
  readonly #groups = new Map<string, Series<Cell>[]>();

  constructor(readonly family: Family) {}

  protected abstract makeCell(): Cell;
  protected abstract cellText(labels: string, cell: Cell): string;

  /** The cell of these label values, made on first use. */
  protected cell(values: readonly string[]): Cell {
    const first = values[0] ?? "";
    let group = this.#groups.get(first);
    if (!group) this.#groups.set(first, group = []);
    for (const series of group) {
      if (sameValues(series.values, values)) return series.cell;
    }
    const labels = labelText(this.family.labels, values);
    const series = { values: [...values], labels, cell: this.makeCell() };
    group.push(series);
    return series.cell;
  }

  /** Makes a series visible at zero. */
  touch(...values: string[]): void {
    this.cell(values);
  }

  /** Forgets all series whose first label has this value. */
  drop(first: string): void {
    this.#groups.delete(first);
  }

  /** The lines of all series. May be left standing half-way while series come and go. */
  *lines(): Generator<string> {
    for (const group of this.#groups.values()) {
      for (const series of group) yield this.cellText(series.labels, series.cell);
    }
  }
}

/** From the last label to the first but one, which the group already answers for. */
function sameValues(a: readonly string[], b: readonly string[]): boolean {
  for (let i = a.length - 1; i > 0; i--) if (a[i] !== b[i]) return false;
  return true;
}

/** Counters of one family. */
export class CounterTable extends SeriesTable<{ value: number }> {
  /** Adds one to the series with these label values. */
  increment(...values: string[]): void {
    this.cell(values).value++;
  }

  /** Adds `count` to the series with these label values. */
  add(count: number, ...values: string[]): void {
    this.cell(values).value += count;
  }

  protected override makeCell(): { value: number } {
    return { value: 0 };
  }

  protected override cellText(labels: string, { value }: { value: number }): string {
    return sampleText(this.family.name, labels, value);
  }
}

interface Buckets {
  /** One more than bounds: the last is what lies above them all. Not cumulative. */
  readonly counts: Float64Array;
  sum: number;
}

/** Histograms of one family. */
export class HistogramTable extends SeriesTable<Buckets> {
  readonly #bounds: readonly number[];
  readonly #le: readonly string[];

  constructor(family: Family) {
    super(family);
    this.#bounds = family.buckets;
    this.#le = [...family.buckets.map(String), "+Inf"].map((bound) => `le="${bound}"`);
  }

  /** Counts `value` in the series with these label values. */
  observe(value: number, ...values: string[]): void {
    const buckets = this.cell(values);
    let i = 0;
    while (i < this.#bounds.length && value > (this.#bounds[i] ?? Infinity)) i++;
    buckets.counts[i] = (buckets.counts[i] ?? 0) + 1;
    buckets.sum += value;
  }

  /** Adds what was counted elsewhere by the same bounds. */
  add(counts: readonly number[], sum: number, ...values: string[]): void {
    const buckets = this.cell(values);
    for (const [i, count] of counts.entries()) buckets.counts[i] = (buckets.counts[i] ?? 0) + count;
    buckets.sum += sum;
  }

  protected override makeCell(): Buckets {
    return { counts: new Float64Array(this.#bounds.length + 1), sum: 0 };
  }

  protected override cellText(labels: string, { counts, sum }: Buckets): string {
    const { name } = this.family;
    const prefix = labels === "" ? `${name}_bucket{` : `${name}_bucket{${labels},`;
    let text = "";
    let total = 0;
    for (let i = 0; i < counts.length; i++) {
      total += counts[i] ?? 0;
      text += `${prefix}${this.#le[i]}} ${total}\n`;
    }
    return text + sampleText(`${name}_sum`, labels, sum) +
      sampleText(`${name}_count`, labels, total);
  }
}
