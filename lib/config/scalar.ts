import { RE2JS } from "re2js";
import type { Scalar } from "yaml";
import { parseIp } from "../ip/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import type {
  BooleanSchema,
  DurationRange,
  DurationSchema,
  EnumSchema,
  Form,
  IntegerSchema,
  IpSchema,
  NameSchema,
  ReferenceSchema,
  ScalarSchema,
  Schema,
  StatusRangeSchema,
  StringSchema,
} from "./json_schema.ts";
import { show } from "./problems.ts";

/** What a YAML scalar is by the core schema (YAML 1.2.2 section 10.3), with its text. */
export interface ScalarText {
  readonly kind: "null" | "boolean" | "number" | "string";
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
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return "boolean";
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
    case "boolean":
      return text;
    case "number":
      return `the number ${text.length > 40 ? `${text.slice(0, 36)}…` : text}`;
    case "string":
      return `the string ${show(text)}`;
  }
}

/** How a value's faults are told: a wrong type or literal, or a value that is out of bounds. */
export interface Faults {
  malformed(message: string): void;
  outOfRange(message: string): void;
}

/** The value of a scalar, or undefined after a report that it is none of this schema. */
export function scalarValue(schema: ScalarSchema, scalar: ScalarText, faults: Faults): unknown {
  switch (schema["x-format"]) {
    case "go-duration":
      return durationValue(schema, scalar, faults);
    case "ip":
      return ipValue(schema, scalar, faults);
    case "status-range":
      return statusRangeValue(schema, scalar, faults);
    case "name":
    case "reference":
      return wordValue(schema, scalar, faults);
  }
  switch (schema.type) {
    case "integer":
      return integerValue(schema, scalar, faults);
    case "boolean":
      return booleanValue(schema, scalar, faults);
    case "string":
      return "enum" in schema
        ? enumValue(schema, scalar, faults)
        : stringValue(schema, scalar, faults);
  }
}

/** What counts where there is no value: what the schema has for it is read as a file's is. */
export function defaultValue(schema: Schema): unknown {
  if (!("default" in schema)) return undefined;
  const { default: value } = schema;
  const kind = typeof value as "boolean" | "number" | "string";
  return scalarValue(schema, { kind, text: `${value}` }, noFaults);
}

function fail(message: string): never {
  throw new TypeError(`a default ${message}`);
}

const noFaults: Faults = { malformed: fail, outOfRange: fail };

/** What a value of this schema is, as a noun in a sentence. */
export function expected(schema: ScalarSchema): string {
  switch (schema["x-format"]) {
    case "go-duration":
      return "a duration such as 500ms or 1m30s";
    case "ip":
      return `an ${schema.format?.replace("ip", "IP") ?? "IP"} address`;
    case "status-range":
      return "an HTTP status such as 200 or a range such as 200-299";
    case "name":
      return "a name";
    case "reference":
      return `the name of a ${schema.title}`;
  }
  switch (schema.type) {
    case "integer":
      return "a whole number";
    case "boolean":
      return "true or false";
    case "string":
      return "enum" in schema ? `one of ${schema.enum.join(", ")}` : "a string";
  }
}

function wrongType(schema: ScalarSchema, scalar: ScalarText, faults: Faults, hint = ""): undefined {
  faults.malformed(`expected ${expected(schema)}, got ${describeScalar(scalar)}${hint}`);
}

function integerValue(schema: IntegerSchema, scalar: ScalarText, faults: Faults) {
  if (scalar.kind === "string" && /^[-+]?\d+$/.test(scalar.text)) {
    return wrongType(schema, scalar, faults, ": remove the quotes");
  }
  // 010 is ten to YAML 1.2 and eight to YAML 1.1: nobody can know what was meant.
  if (scalar.kind !== "number" || !/^[-+]?(?:0|[1-9]\d*)$/.test(scalar.text)) {
    return wrongType(schema, scalar, faults);
  }
  const value = Number(scalar.text) + 0; // -0 becomes 0
  const { minimum, maximum } = schema;
  if (value < minimum || value > maximum) {
    faults.outOfRange(`must be ${minimum} to ${maximum}, not ${scalar.text.slice(0, 40)}`);
  } else if (schema.enum && !schema.enum.includes(value)) {
    faults.outOfRange(`must be a power of two, not ${value}`);
  }
  return value;
}

function booleanValue(schema: BooleanSchema, scalar: ScalarText, faults: Faults) {
  if (scalar.kind === "boolean") return scalar.text.toLowerCase() === "true";
  const looksLike = /^(?:y|yes|on|true|n|no|off|false)$/i.exec(scalar.text)?.[0].toLowerCase();
  if (looksLike === undefined) return wrongType(schema, scalar, faults);
  const meant = ["y", "yes", "on", "true"].includes(looksLike);
  return wrongType(schema, scalar, faults, `: write ${meant}`);
}

function durationValue(schema: DurationSchema, scalar: ScalarText, faults: Faults) {
  const value = parseDuration(scalar.text);
  if (value === undefined) {
    // Go reads it as a duration: it is one that is out of bounds, as a negative number is.
    if (scalar.text.startsWith("-") && parseDuration(scalar.text.slice(1)) !== undefined) {
      faults.outOfRange(`must be ${rangeText(schema["x-milliseconds"])}, not ${scalar.text}`);
      return undefined;
    }
    const hint = scalar.kind === "number" ? ": add a unit, such as s or ms" : "";
    return wrongType(schema, scalar, faults, hint);
  }
  const problem = durationProblem(schema["x-milliseconds"], value);
  if (problem !== undefined) faults.outOfRange(`${problem}, not ${scalar.text}`);
  return value;
}

function durationProblem(range: DurationRange, value: number): string | undefined {
  const { minimum, exclusiveMinimum, maximum, multipleOf } = range;
  const least = exclusiveMinimum ?? minimum ?? 0;
  if (value < least || value === exclusiveMinimum || value > maximum) {
    return `must be ${rangeText(range)}`;
  }
  return multipleOf && value % multipleOf !== 0 ? "must be whole seconds" : undefined;
}

/** `above 0s, up to 24h`, or `1s to 2m`. */
export function rangeText({ minimum = 0, exclusiveMinimum, maximum }: DurationRange): string {
  return exclusiveMinimum === undefined
    ? `${formatDuration(minimum)} to ${formatDuration(maximum)}`
    : `above ${formatDuration(exclusiveMinimum)}, up to ${formatDuration(maximum)}`;
}

function ipValue(schema: IpSchema, scalar: ScalarText, faults: Faults) {
  const address = parseIp(scalar.text);
  if (!address) return ipFault(schema, scalar, faults);
  if (schema.format === undefined || schema.format === `ipv${address.family}`) return address;
  faults.outOfRange(`must be ${expected(schema)}, not ${address.text}`);
  return undefined;
}

function ipFault(schema: IpSchema, scalar: ScalarText, faults: Faults): undefined {
  const { kind, text } = scalar;
  const slash = text.indexOf("/");
  if (kind === "string" && slash > 0 && parseIp(text.slice(0, slash))) {
    return wrongType(schema, scalar, faults, ": leave out the prefix length");
  }
  return wrongType(schema, scalar, faults);
}

function enumValue(schema: EnumSchema, scalar: ScalarText, faults: Faults) {
  if (scalar.kind !== "string") return wrongType(schema, scalar, faults);
  if (schema.enum.includes(scalar.text)) return scalar.text;
  faults.outOfRange(`must be ${expected(schema)}, not ${show(scalar.text)}`);
  return undefined;
}

/** A name is a word whatever it looks like, so that a pool can be called 1 as a backend can. */
function wordValue(schema: NameSchema | ReferenceSchema, scalar: ScalarText, faults: Faults) {
  if (scalar.kind === "null") return wrongType(schema, scalar, faults);
  return "pattern" in schema ? formed(schema, scalar.text, faults) : scalar.text;
}

function stringValue(schema: StringSchema, scalar: ScalarText, faults: Faults) {
  if (scalar.kind !== "string") {
    return wrongType(schema, scalar, faults, scalar.kind === "null" ? "" : ": put it in quotes");
  }
  // Block scalars (`|`, `>`) end with a line end that nobody means.
  const text = schema["x-format"] === "line" ? scalar.text.trimEnd() : scalar.text;
  return formed(schema, text, faults);
}

function formed(schema: StringSchema | NameSchema, text: string, faults: Faults): string {
  const problem = formProblem(schema, text) ??
    (schema["x-format"] === "re2" ? regexpProblem(text) : undefined);
  if (problem !== undefined) faults.outOfRange(`${problem}, not ${show(text)}`);
  return text;
}

const compiled = new Map<string, RegExp>();

/** Why `text` does not have this form, as "must be …", or undefined when it does. */
export function formProblem(
  { pattern, maxLength, "x-rule": rule }: Form,
  text: string,
): string | undefined {
  if (text.length > maxLength) return `must be at most ${maxLength} characters long`;
  const regexp = compiled.getOrInsertComputed(pattern, () => new RegExp(pattern, "u"));
  // A lone surrogate ("\ud800" in double quotes) cannot be written in UTF-8 or sent by gRPC.
  return text.isWellFormed() && regexp.test(text) ? undefined : `must be ${rule}`;
}

function statusRangeValue(schema: StatusRangeSchema, scalar: ScalarText, faults: Faults) {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(scalar.text);
  if (!match) return wrongType(schema, scalar, faults);
  const min = Number(match[1]);
  const max = Number(match[2] ?? match[1]);
  if (min < 100 || max < 100 || min > 599 || max > 599) {
    faults.outOfRange(`must be within 100 to 599, not ${scalar.text}`);
  } else if (min > max) {
    faults.outOfRange(`must start with the lower status, not ${scalar.text}`);
  }
  return { min, max };
}

/**
 * Matching costs time in proportion to the program's size times the body's: some 2 ms for each
 * instruction at worst on 64 KiB, in slices (`lib/probes/sliced_search.ts`): 0.5 s for this many.
 */
const maxProgramSize = 256;

/** Why `pattern` cannot serve as a response-regexp, as "must be …", or undefined when it can. */
export function regexpProblem(pattern: string): string | undefined {
  try {
    const size = RE2JS.compile(pattern).programSize();
    if (size <= maxProgramSize) return undefined;
    return `must compile to at most ${maxProgramSize} instructions (${size} are needed)`;
  } catch (error) {
    return `must be a regular expression in RE2 syntax (${explain(reasonOf(error))})`;
  }
}

function explain(reason: string): string {
  return reason.replace(/^error parsing regexp: /, "").replace(/\s+/g, " ").slice(0, 200);
}
