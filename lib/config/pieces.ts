/** What may hold thousands of something. */
type Holder = Map<unknown, unknown> | unknown[];

/**
 * A part of plain data: first the whole with its maps and lists empty, then each thing that these
 * hold, whose own maps and lists are empty as well.
 */
export interface Piece {
  /** Which map or list holds it, in the order in which they came; -1: it is the whole. */
  readonly of: number;
  /** By which a map has it. */
  readonly key: unknown;
  readonly value: unknown;
}

/** Plain data in pieces that are quickly copied from one thread to another. */
export function* takeApart(whole: unknown): Generator<Piece> {
  const holders: Holder[] = [];
  yield { of: -1, key: undefined, value: emptied(whole, holders) };
  // Those that are found meanwhile come in their turn.
  for (const [of, holder] of holders.entries()) {
    for (const [key, value] of holder.entries()) yield { of, key, value: emptied(value, holders) };
  }
}

/** Puts the pieces of plain data together. */
export class Assembly {
  readonly #holders: Holder[] = [];
  #whole: unknown;

  /** Adds the next one. */
  add({ of, key, value }: Piece): void {
    const holder = this.#holders[of];
    if (holder instanceof Map) holder.set(key, value);
    else if (holder) holder.push(value);
    else this.#whole = value;
    find(value, this.#holders);
  }

  /** What was taken apart, once all pieces were added. */
  get whole(): unknown {
    return this.#whole;
  }
}

/** A copy with empty maps and lists for those that it has, which are added to `holders`. */
function emptied(value: unknown, holders: Holder[]): unknown {
  if (isHolder(value)) {
    holders.push(value);
    return value instanceof Map ? new Map() : [];
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, emptied(each, holders)]),
  );
}

/** Adds the maps and lists of what {@link emptied} has made, in the same order. */
function find(value: unknown, holders: Holder[]): void {
  if (isHolder(value)) holders.push(value);
  else if (isRecord(value)) { for (const each of Object.values(value)) find(each, holders); }
}

function isHolder(value: unknown): value is Holder {
  return value instanceof Map || Array.isArray(value);
}

/** Neither a number or a text, nor octets or anything else that is copied as it is. */
function isRecord(value: unknown): value is object {
  return Object.prototype.toString.call(value) === "[object Object]";
}
