import { RE2JS } from "re2js";
import { parseIp } from "../ip/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { show } from "./path.ts";
import { describeScalar, type ScalarText } from "./scalar.ts";
import type {
  BoolSpec,
  ChoiceSpec,
  DurationSpec,
  IntSpec,
  IpSpec,
  ReferenceSpec,
  ScalarSpec,
  StatusRangeSpec,
  TextSpec,
} from "./spec.ts";
import { formProblem } from "./text_forms.ts";

/** How a value's faults are told: a wrong type or literal, or a value that is out of bounds. */
export interface Faults {
  malformed(message: string): void;
  outOfRange(message: string): void;
}

/** The value of a scalar, or undefined after a report that it is none of this spec. */
export function scalarValue(spec: ScalarSpec, scalar: ScalarText, faults: Faults): unknown {
  switch (spec.type) {
    case "int":
      return intValue(spec, scalar, faults);
    case "bool":
      return boolValue(spec, scalar, faults);
    case "duration":
      return durationValue(spec, scalar, faults);
    case "ip":
      return ipValue(spec, scalar, faults);
    case "choice":
      return choiceValue(spec, scalar, faults);
    case "text":
      return textValue(spec, scalar, faults);
    case "reference":
      return referenceValue(spec, scalar, faults);
    case "status-range":
      return statusRangeValue(spec, scalar, faults);
  }
}

/** What a value of this spec is, as a noun in a sentence. */
export function expected(spec: ScalarSpec): string {
  switch (spec.type) {
    case "int":
      return "a whole number";
    case "bool":
      return "true or false";
    case "duration":
      return "a duration such as 500ms or 1m30s";
    case "ip":
      return spec.family === undefined ? "an IP address" : `an IPv${spec.family} address`;
    case "choice":
      return `one of ${spec.of.join(", ")}`;
    case "text":
      return spec.form === "name" ? "a name" : "a string";
    case "reference":
      return `the name of a ${spec.noun}`;
    case "status-range":
      return "an HTTP status such as 200 or a range such as 200-299";
  }
}

function wrongType(spec: ScalarSpec, scalar: ScalarText, faults: Faults, hint = ""): undefined {
  faults.malformed(`expected ${expected(spec)}, got ${describeScalar(scalar)}${hint}`);
}

function intValue(spec: IntSpec, scalar: ScalarText, faults: Faults): number | undefined {
  if (scalar.kind === "string" && /^[-+]?\d+$/.test(scalar.text)) {
    return wrongType(spec, scalar, faults, ": remove the quotes");
  }
  // 010 is ten to YAML 1.2 and eight to YAML 1.1: nobody can know what was meant.
  if (scalar.kind !== "number" || !/^[-+]?(?:0|[1-9]\d*)$/.test(scalar.text)) {
    return wrongType(spec, scalar, faults);
  }
  const value = Number(scalar.text) + 0; // -0 becomes 0
  if (value < spec.min || value > spec.max) {
    faults.outOfRange(`must be ${spec.min} to ${spec.max}, not ${scalar.text.slice(0, 40)}`);
  } else if (spec.powerOfTwo && !Number.isInteger(Math.log2(value))) {
    faults.outOfRange(`must be a power of two, not ${value}`);
  }
  return value;
}

function boolValue(spec: BoolSpec, scalar: ScalarText, faults: Faults): boolean | undefined {
  if (scalar.kind === "bool") return scalar.text.toLowerCase() === "true";
  const looksLike = /^(?:y|yes|on|true|n|no|off|false)$/i.exec(scalar.text)?.[0].toLowerCase();
  if (looksLike === undefined) return wrongType(spec, scalar, faults);
  const meant = ["y", "yes", "on", "true"].includes(looksLike);
  return wrongType(spec, scalar, faults, `: write ${meant}`);
}

function durationValue(spec: DurationSpec, scalar: ScalarText, faults: Faults): number | undefined {
  const value = parseDuration(scalar.text);
  if (value === undefined) {
    const hint = scalar.kind === "number" ? ": add a unit, such as s or ms" : "";
    return wrongType(spec, scalar, faults, hint);
  }
  const problem = durationProblem(spec, value);
  if (problem !== undefined) faults.outOfRange(`${problem}, not ${scalar.text}`);
  return value;
}

function durationProblem(spec: DurationSpec, value: number): string | undefined {
  const { minMs, maxMs } = spec;
  if (value < minMs || value > maxMs || spec.aboveMin && value === minMs) {
    const [least, most] = [formatDuration(minMs), formatDuration(maxMs)];
    return spec.aboveMin ? `must be above ${least}, up to ${most}` : `must be ${least} to ${most}`;
  }
  if (spec.wholeSeconds && value % 1000 !== 0) return "must be whole seconds";
  return undefined;
}

function ipValue(spec: IpSpec, scalar: ScalarText, faults: Faults): unknown {
  const address = parseIp(scalar.text);
  if (!address) return ipFault(spec, scalar, faults);
  if (spec.family !== undefined && address.family !== spec.family) {
    faults.outOfRange(`must be an IPv${spec.family} address, not ${address.text}`);
    return undefined;
  }
  return address;
}

function ipFault(spec: IpSpec, scalar: ScalarText, faults: Faults): undefined {
  const { kind, text } = scalar;
  const slash = text.indexOf("/");
  if (kind === "string" && slash > 0 && parseIp(text.slice(0, slash))) {
    return wrongType(spec, scalar, faults, ": leave out the prefix length");
  }
  return wrongType(spec, scalar, faults);
}

function choiceValue(spec: ChoiceSpec, scalar: ScalarText, faults: Faults): string | undefined {
  if (scalar.kind !== "string") return wrongType(spec, scalar, faults);
  if (spec.of.includes(scalar.text)) return scalar.text;
  faults.outOfRange(`must be one of ${spec.of.join(", ")}, not ${show(scalar.text)}`);
  return undefined;
}

function textValue(spec: TextSpec, scalar: ScalarText, faults: Faults): string | undefined {
  // Names are words whatever they look like, so that a pool can be called 1 as a backend can.
  const word = spec.form === "name" && scalar.kind !== "null";
  if (scalar.kind !== "string" && !word) {
    return wrongType(spec, scalar, faults, scalar.kind === "null" ? "" : ": put it in quotes");
  }
  // Block scalars (`|`, `>`) end with a line end that nobody means.
  const text = spec.form === "description" ? scalar.text.trimEnd() : scalar.text;
  const problem = formProblem(spec.form, text) ??
    (spec.form === "regexp" ? regexpProblem(text) : undefined);
  if (problem !== undefined) faults.outOfRange(`${problem}, not ${show(text)}`);
  return text;
}

function referenceValue(
  spec: ReferenceSpec,
  scalar: ScalarText,
  faults: Faults,
): string | undefined {
  return scalar.kind === "null" ? wrongType(spec, scalar, faults) : scalar.text;
}

function statusRangeValue(spec: StatusRangeSpec, scalar: ScalarText, faults: Faults): unknown {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(scalar.text);
  if (!match) return wrongType(spec, scalar, faults);
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
