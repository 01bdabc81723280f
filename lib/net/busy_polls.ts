import type { Clock } from "../time/mod.ts";
import { surface } from "./guarded.ts";

/**
 * Who waits for what may come within a moment, and looks for itself: costs one system call where to
 * be told by the kernel costs three.
 */
export interface BusyPolled {
  /** Looks whether it has come; false while it has not, and is still waited for. */
  looksAgain(): boolean;
  /** It takes longer, and has to be watched for, unless it is not waited for any more. */
  givesUp(): void;
}

/** Longest time in milliseconds that a look may keep the event loop. */
export const lookMs = 4;

/** So many in a row that see nothing end a look while others are begun. */
const fewestMisses = 2;

/** All who look for themselves, in the order in which they began. */
export class BusyPolls {
  readonly #clock: Clock;
  #all: BusyPolled[] = [];
  /** So many, the first of them, have looked while others were begun. */
  #looked = 0;
  /** So many were there when that was last done. */
  #former = 0;

  /** The clock tells when a look has taken long enough. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many there are. */
  get size(): number {
    return this.#all.length;
  }

  /** It looks from now on. */
  add(each: BusyPolled): void {
    this.#all.push(each);
  }

  /** Has all look, while there is time; returns how many saw something. */
  look(): number {
    return this.#look(0, this.#all.length).seen;
  }

  /**
   * Has those look who were there at the last such call, each only once, and no further than to two
   * in a row that see nothing: of who began later even less can have come. Returns as {@link look}.
   */
  lookOfFormer(): number {
    const [all, former] = [this.#all, this.#former];
    const { seen, kept } = this.#look(this.#looked, former, fewestMisses);
    // Who looks may have had them all taken.
    if (this.#all !== all) return seen;
    this.#looked = kept;
    this.#former = all.length;
    return seen;
  }

  /** Nobody looks any more; returns who would have. */
  takeAll(): readonly BusyPolled[] {
    const all = this.#all;
    this.#all = [];
    this.#looked = this.#former = 0;
    return all;
  }

  /** Of those in between, until so many in a row see nothing; `kept` is the place behind the last. */
  #look(from: number, to: number, misses = Infinity): { seen: number; kept: number } {
    const all = this.#all;
    const end = this.#clock.now() + lookMs;
    let kept = from;
    let inARow = 0;
    let at = from;
    while (at < to && inARow < misses && this.#clock.now() <= end) {
      const each = all[at++];
      if (!each || sees(each)) {
        inARow = 0;
      } else {
        all[kept++] = each;
        inARow++;
      }
    }
    all.splice(kept, at - kept);
    return { seen: at - kept, kept };
  }
}

function sees(each: BusyPolled): boolean {
  try {
    return each.looksAgain();
  } catch (error) {
    surface(error);
    return false;
  }
}
