import type { Pulse } from "./wire.ts";

/** So many probes of each backend are kept: a few minutes at usual intervals. */
const kept = 120;

/** A probe that ended: when (Unix milliseconds), how long it took in milliseconds, and how. */
export type ProbePoint = readonly [at: number, ms: number, ok: boolean];

/** A ring of numbers: with 10,000 backends, an object for each probe would be too much. */
class Ring {
  readonly #at = new Float64Array(kept);
  /** Those of failed probes are negative. */
  readonly #ms = new Float32Array(kept);
  #count = 0;

  add(at: number, ok: boolean, ms: number): void {
    const place = this.#count++ % kept;
    this.#at[place] = at;
    this.#ms[place] = ok ? ms : -Math.max(ms, 0.001);
  }

  *points(): Generator<ProbePoint> {
    for (let i = Math.max(0, this.#count - kept); i < this.#count; i++) {
      const ms = this.#ms[i % kept] ?? 0;
      yield [this.#at[i % kept] ?? 0, Math.abs(ms), ms >= 0];
    }
  }
}

/** How long the last probes of each backend of a maglevd took. */
export class ProbeHistory {
  readonly #rings = new Map<string, Ring>();

  /** Keeps probes that have just ended. */
  take(at: number, pulses: readonly Pulse[]): void {
    for (const [name, ok, , ms] of pulses) {
      this.#rings.getOrInsertComputed(name, () => new Ring()).add(at, ok, ms);
    }
  }

  /** Forgets backends that are no more. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#rings.delete(name);
  }

  /** The probes of a backend, the oldest first. */
  points(name: string): ProbePoint[] {
    return [...this.#rings.get(name)?.points() ?? []];
  }
}
