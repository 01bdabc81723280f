import type { Clock } from "../time/mod.ts";

/** Steps between two looks at the clock, which cost as much as a small step. */
const stepsPerLook = 8;

/** One slice takes at most so many steps, whatever the clock says. */
const stepsPerSlice = 2_048;

/** Long work written as a generator that yields after each small step, and says so after a long one. */
export type Steps<R> = Generator<void | "long", R, void>;

/** Does long work in slices, each within one turn of the event loop, one at a time. */
export class Slices {
  #closed = false;

  constructor(private readonly clock: Pick<Clock, "turn">) {}

  /** The work's result. Rejects with what the work throws, or when closed before its end. */
  async run<R>(work: Steps<R>): Promise<R> {
    for (;;) {
      if (this.#closed) throw new Error("the work was abandoned because maglevd is stopping");
      const end = this.#slice(work);
      if (end) return end.value;
      await this.clock.turn.next();
    }
  }

  /** Ends work that is in a pause between slices, and refuses further work. */
  close(): void {
    this.#closed = true;
  }

  /** The end of the work, if it was reached. */
  #slice<R>(work: Steps<R>): { readonly value: R } | undefined {
    for (let step = 1; step <= stepsPerSlice; step++) {
      const result = work.next();
      if (result.done) return { value: result.value };
      const isLook = result.value === "long" || step % stepsPerLook === 0;
      if (isLook && this.clock.turn.isOver) return undefined;
    }
    return undefined;
  }
}

/** Does all of the work now. */
export function atOnce<R>(work: Steps<R>): R {
  for (;;) {
    const result = work.next();
    if (result.done) return result.value;
  }
}

/** Names sorted before they are merged. */
const runLength = 512;

/** Sorts by code units, as `Array.sort` does: 10,000 names would take that 4 ms in one go. */
export function* sorted(names: Iterable<string>): Steps<readonly string[]> {
  const all = [...names];
  let runs: string[][] = [];
  for (let start = 0; start < all.length; start += runLength) {
    runs.push(all.slice(start, start + runLength).sort());
    yield;
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(yield* merge(runs[i] ?? [], runs[i + 1] ?? []));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(a: readonly string[], b: readonly string[]): Steps<string[]> {
  const merged: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && (right === undefined || left <= right)) {
      merged.push(left);
      i++;
    } else if (right !== undefined) {
      merged.push(right);
      j++;
    }
    if (merged.length % 64 === 0) yield;
  }
  return merged;
}
