type Fields = Readonly<Record<string, unknown>>;

/** Whether two values of JSON are the same. Nothing is written to find that out. */
export function isAlike(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const mine = one as Fields;
  const theirs = other as Fields;
  const keys = Object.keys(mine);
  return keys.length === Object.keys(theirs).length &&
    keys.every((key) => Object.hasOwn(theirs, key) && isAlike(mine[key], theirs[key]));
}
