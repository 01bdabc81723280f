import type { Path } from "./json_schema.ts";

/** The path one step down. */
export function childPath(parent: Path | undefined, key: string | number): Path {
  return { parent, key };
}

/** `maglev.frontends.www.pools[0].name`; keys that would be hard to read are quoted. */
export function renderPath(path: Path | undefined): string {
  const steps: string[] = [];
  for (let at = path; at; at = at.parent) {
    if (typeof at.key === "number") steps.push(`[${at.key}]`);
    else steps.push((at.parent ? "." : "") + renderKey(at.key));
  }
  return steps.reverse().join("");
}

/** Whether the path lies in the part of the file whose rules are VPP's. */
export function isVppPath(path: Path): boolean {
  let at = path;
  let below: Path | undefined;
  while (at.parent) {
    below = at;
    at = at.parent;
  }
  return below?.key === "vpp";
}

const plainKey = /^[\p{L}\p{N}_.:@/+-]{1,128}$/u;

function renderKey(key: string): string {
  return plainKey.test(key) ? key : show(key);
}

/** A value in a message: quoted, cut when it is long, with blanks that pass for a space escaped. */
export function show(text: string): string {
  const shown = JSON.stringify(text.length > 64 ? `${text.slice(0, 60)}…` : text);
  return shown.replace(/(?! )\p{Zs}/gu, escapeUnits);
}

/** The text without characters that would do something to a terminal: they are escaped. */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits);
}

function escapeUnits(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
}
