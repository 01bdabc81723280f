import { RE2JS } from "re2js";
import type { Clock, Timer } from "../time/mod.ts";
import { SlicedSearch } from "./sliced_search.ts";

/**
 * Instructions times characters that are left to re2js in one go. At worst each character is a new
 * state of its DFA: some 10 ms of this many, 15 ms of twice as many (2026, re2js 2.10).
 */
const atOnce = 50_000;
/** Instructions visited between two turns of the event loop, 1 to 3 ms. */
const slice = 50_000;
/** Patterns kept compiled; there are as many as health checks with one. */
const knownPatterns = 256;

const decoder = new TextDecoder();

/** A search under way. */
interface Pending {
  readonly search: SlicedSearch;
  readonly done: (found: boolean) => void;
}

/**
 * Looks for regular expressions in bodies without holding up the event loop. Searches under way
 * take turns, one slice of one of them in each turn of the loop, however many there are.
 */
export class BodySearch {
  readonly #clock: Clock;
  readonly #compiled = new Map<string, RE2JS>();
  /** In the order of their turns. */
  readonly #pending = new Set<Pending>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Looks for `pattern` (RE2 syntax) anywhere in `body`, read as UTF-8. Tells `done`, at once or
   * later. The returned function ends a search that is not needed any more.
   */
  find(pattern: string, body: Uint8Array, done: (found: boolean) => void): () => void {
    const text = decoder.decode(body);
    const regexp = this.#compile(pattern);
    if (regexp.programSize() * text.length <= atOnce) {
      done(regexp.test(text));
      return () => {};
    }
    const pending = { search: new SlicedSearch(regexp.re2().prog, text), done };
    this.#pending.add(pending);
    this.#arm();
    return () => {
      this.#pending.delete(pending);
      if (this.#pending.size === 0) this.#disarm();
    };
  }

  #arm(): void {
    this.#timer ??= this.#clock.after(0, () => this.#advance());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #advance(): void {
    this.#timer = undefined;
    const [pending] = this.#pending;
    if (!pending) return;
    this.#pending.delete(pending);
    const found = pending.search.advance(slice);
    if (found === undefined) this.#pending.add(pending);
    if (this.#pending.size > 0) this.#arm();
    if (found !== undefined) pending.done(found);
  }

  #compile(pattern: string): RE2JS {
    const known = this.#compiled.get(pattern);
    if (known) return known;
    const regexp = RE2JS.compile(pattern);
    if (this.#compiled.size >= knownPatterns) this.#compiled.clear();
    this.#compiled.set(pattern, regexp);
    return regexp;
  }
}
