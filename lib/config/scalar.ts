import type { Scalar } from "yaml";
import { show } from "./path.ts";

/** What a YAML scalar is by the core schema (YAML 1.2.2 section 10.3), with its text. */
export interface ScalarText {
  readonly kind: "null" | "bool" | "number" | "string";
  /** The value for strings, the source for the others. */
  readonly text: string;
}

const coreTag = /^tag:yaml\.org,2002:(?:null|bool|int|float)$/;
const stringTag = "tag:yaml.org,2002:str";

/** What the scalar is, or undefined when it bears a tag that has no place in this file. */
export function classify(node: Scalar): ScalarText | undefined {
  const text = node.value;
  if (typeof text !== "string") return undefined;
  if (node.tag === stringTag || node.tag === "!") return { kind: "string", text };
  if (node.tag !== undefined && !coreTag.test(node.tag)) return undefined;
  const resolves = node.type === "PLAIN" || node.tag !== undefined;
  return { kind: resolves ? plainKind(text) : "string", text };
}

/** The kind of an unquoted scalar. */
function plainKind(text: string): ScalarText["kind"] {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return "null";
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return "bool";
  if (/^[-+]?(?:\d+|0o[0-7]+|0x[\da-fA-F]+)$/.test(text)) return "number";
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return "number";
  if (/^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(text)) return "number";
  return "string";
}

/** The scalar as a noun in a sentence. */
export function describeScalar({ kind, text }: ScalarText): string {
  switch (kind) {
    case "null":
      return "nothing";
    case "bool":
      return text;
    case "number":
      return `the number ${text.length > 40 ? `${text.slice(0, 36)}…` : text}`;
    case "string":
      return `the string ${show(text)}`;
  }
}
