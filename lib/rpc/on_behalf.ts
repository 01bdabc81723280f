import { covers, type Principal } from "../access/mod.ts";

/**
 * The field by which a caller says for whom it asks: a name, percent-encoded as UTF-8
 * (RFC 3986 section 2.1).
 */
export const onBehalfField = "x-maglev-on-behalf-of";

/** Characters of a name that are told. */
const mostCharacters = 64;

/**
 * The caller as it is told of when it asks for somebody: `web (for alice)`. What it may do stays what
 * it may itself, and who may not change anything is not believed either. A name that cannot be read,
 * or of which nothing is left without what no name has, is none.
 */
export function onBehalf(by: Principal, values: readonly string[]): Principal {
  const [value] = values;
  if (value === undefined || values.length > 1 || !covers(by.role, "operate")) return by;
  const name = nameIn(value);
  return name === "" ? by : { ...by, name: `${by.name} (for ${name})` };
}

/** Without control and formatting characters, and parentheses, which would make it look like another. */
function nameIn(value: string): string {
  try {
    const text = decodeURIComponent(value.slice(0, 12 * mostCharacters)).toWellFormed();
    return [...text.replaceAll(/[\p{C}\p{Z}()]+/gu, " ").trim()].slice(0, mostCharacters).join("");
  } catch {
    return "";
  }
}
