/**
 * What was probably meant where a mapping, a list or a key stands in the wrong place: mostly a slip
 * of indentation, or a short form that other programs take.
 *
 * @module
 */

import { isScalar, isSeq, type Node } from "yaml";
import { show } from "./path.ts";
import { classify } from "./scalar.ts";
import type { FieldSpec, NamedSpec, SectionSpec } from "./spec.ts";

/** What to write instead of a node of the wrong kind, to be put after the message; may be empty. */
export function kindHint(spec: FieldSpec, node: Node | null): string {
  switch (spec.type) {
    case "ip":
      return isSeq(node) ? "; write it without brackets" : "";
    case "named":
      return isSeq(node) ? `; write each ${spec.noun} as "name:", without a dash` : "";
    case "section": {
      const [only, ...others] = Object.keys(spec.fields);
      const scalar = isScalar(node) ? classify(node) : undefined;
      return only !== undefined && others.length === 0 && scalar?.kind === "number"
        ? `; did you mean { ${only}: ${scalar.text.slice(0, 20)} }?`
        : "";
    }
    case "list":
      return isScalar(node) || isSeq(node) ? "" : `; begin each ${spec.noun} with a dash`;
    default:
      return "";
  }
}

/**
 * The keys of what is named that stand among the names, because they are not indented enough; none
 * where each could be a name that somebody chose. Of keys further in, those with a plain value.
 */
export function slippedKeys(
  { of }: NamedSpec,
  keys: Iterable<string>,
  value: { couldBeNamed: (key: string) => boolean; isPlain: (key: string) => boolean },
): readonly string[] {
  const own = [...keys].filter((key) =>
    Object.hasOwn(of.fields, key) || (value.isPlain(key) && couldHold(of, key, []))
  );
  return own.every(value.couldBeNamed) ? [] : own;
}

/**
 * Whether somewhere in a field of this kind `key` could stand: as a key that is known, or as a name
 * for something that has the keys `inner`.
 */
export function couldHold(spec: FieldSpec, key: string, inner: readonly string[]): boolean {
  switch (spec.type) {
    case "section":
      return Object.hasOwn(spec.fields, key) ||
        Object.values(spec.fields).some((field) => couldHold(field, key, inner));
    case "named":
      return couldName(spec, inner) || couldHold(spec.of, key, inner);
    case "list":
      return couldHold(spec.of, key, inner);
    default:
      return false;
  }
}

/**
 * Whether what has the keys `inner` could be what these names stand for. The first one tells: what
 * comes after a slip may have become part of it.
 */
export function couldName({ of }: NamedSpec, [first]: readonly string[]): boolean {
  return first !== undefined && Object.hasOwn(of.fields, first);
}

/** Where keys that are unknown where they stand would be known. */
export interface Misplacement {
  readonly indent: "deeper" | "less";
  readonly owner: string;
}

/** The message about keys in a row that are unknown where they stand, and belong to one place. */
export function misplacedMessage(keys: readonly string[], { indent, owner }: Misplacement): string {
  const [noun, belong, them] = keys.length === 1
    ? ["key", "it belongs", "it"]
    : ["keys", "they belong", "them"];
  const where = indent === "deeper" ? "under" : "to";
  return `unknown ${noun} ${list(keys)}; ${belong} ${where} ${
    show(owner)
  }: indent ${them} ${indent}`;
}

/** The message about {@link slippedKeys}. */
export function slippedMessage({ noun }: NamedSpec, keys: readonly string[]): string {
  const [are, them, their] = keys.length === 1
    ? ["is a key of one", "it", "its"]
    : ["are keys of one", "them", "their"];
  return `expected the name of a ${noun}, got ${list(keys)}, which ${are}: ` +
    `indent ${them} deeper than ${their} ${noun}'s name`;
}

/** Whether `keys`, at least one, are all known to a field that is a section. */
export function areKeysOf(field: FieldSpec | undefined, keys: readonly string[]): boolean {
  return field?.type === "section" && keys.length > 0 &&
    keys.every((key) => Object.hasOwn(field.fields, key));
}

/**
 * What to do with an unknown key that may have been meant for one of the fields before it that are
 * `empty`, to be put after the message.
 */
export function emptyOwnerHint(
  spec: SectionSpec,
  empty: readonly string[],
  key: string,
): string | undefined {
  const owner = empty.find((name) => {
    const field = spec.fields[name];
    return field?.type === "named" || areKeysOf(field, [key]);
  });
  return owner && `; indent it deeper if it belongs to ${show(owner)}`;
}

/**
 * The field right below which something is known that is not known here: by its key, or by the keys
 * `inner` that it has itself.
 */
export function innerOwner(
  { fields }: SectionSpec,
  key: string,
  inner: readonly string[],
): string | undefined {
  return Object.keys(fields).find((name) => {
    const field = fields[name];
    if (field?.type === "named") return couldName(field, inner);
    const below = field?.type === "section" ? field : field?.type === "list" ? field.of : undefined;
    return below && Object.hasOwn(below.fields, key);
  });
}

/** What to do about a key that has swallowed its value, to be put after the message; may be empty. */
export function spaceHint({ fields }: SectionSpec, key: string): string {
  const [, before = ""] = /^([^:]+):/.exec(key) ?? [];
  return Object.hasOwn(fields, before) ? `; a space belongs after ${show(`${before}:`)}` : "";
}

function list(keys: readonly string[]): string {
  const shown = keys.slice(0, 4).map(show).join(", ");
  return keys.length > 4 ? `${shown} and ${keys.length - 4} more` : shown;
}
