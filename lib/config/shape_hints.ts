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
 * where each could be a name that somebody chose.
 */
export function slippedKeys(
  { of: { fields } }: NamedSpec,
  keys: Iterable<string>,
  couldBeNamed: (key: string) => boolean,
): readonly string[] {
  const own = [...keys].filter((key) => Object.hasOwn(fields, key));
  return own.every(couldBeNamed) ? [] : own;
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

/** Where an unknown key would be known, to be put after the message; may be empty. */
export function ownerHint({ fields }: SectionSpec, key: string): string {
  const [, before = ""] = /^([^:]+):/.exec(key) ?? [];
  if (Object.hasOwn(fields, before)) return `; a space belongs after ${show(`${before}:`)}`;
  for (const [name, field] of Object.entries(fields)) {
    const inner = field.type === "section" ? field : field.type === "list" ? field.of : undefined;
    if (inner && Object.hasOwn(inner.fields, key)) {
      return `; it belongs under ${show(name)}: indent it deeper`;
    }
  }
  return "";
}

function list(keys: readonly string[]): string {
  const shown = keys.slice(0, 4).map(show).join(", ");
  return keys.length > 4 ? `${shown} and ${keys.length - 4} more` : shown;
}
