/** Whether `word` is a pattern rather than a name. */
export function isGlob(word: string): boolean {
  return /[*?[]/.test(word);
}

/**
 * Whether `name` matches `pattern`: `*` any characters, `?` one, `[abc]` and `[a-z]` one of
 * these, everything else itself. Linear in the name for any number of stars.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const tokens = parse(pattern);
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const matcher = tokens[token];
    if (matcher === "star") {
      star = token++;
      starAt = at;
    } else if (matcher?.(name.charAt(at))) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  return tokens.slice(token).every((matcher) => matcher === "star");
}

type Token = "star" | ((char: string) => boolean);

function parse(pattern: string): Token[] {
  const parts = pattern.match(/\[[^\]]+\]|[\s\S]/g) ?? [];
  return parts.map((part) => {
    if (part === "*") return "star";
    if (part === "?") return () => true;
    if (part.length > 1) return oneOf(part.slice(1, -1));
    return (char) => char === part;
  });
}

function oneOf(set: string): (char: string) => boolean {
  const ranges = (set.match(/[\s\S]-[\s\S]|[\s\S]/g) ?? []).map((range) =>
    [range.charAt(0), range.charAt(range.length - 1)] as const
  );
  return (char) => ranges.some(([from, to]) => from <= char && char <= to);
}
