/**
 * The kinds of value that files have, as parts of their schemas: what strings look like, by patterns
 * that serve the parser and editors alike.
 *
 * @module
 */

import { durationPattern } from "./duration.ts";
import type { IntegerSchema } from "./json_schema.ts";

/** C0, DEL and C1 controls, zero-width and bidirectional marks: all of them can lie on a screen. */
export const hidden =
  "\\u0000-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff";

/** The name of anything: a word of the command line, a label's value, part of a path in messages. */
export const name = {
  "x-format": "name",
  type: ["string", "number"],
  pattern: `^(?!-)[^\\s${hidden}"'\`?\\\\]+$`,
  maxLength: 128,
  "x-rule": "one printable word, without quotes, backslashes, question marks or a leading -",
} as const;

/** In milliseconds, as all that follows. */
export const second = 1000;
/** 3,600 of them. */
export const hour = 3600 * second;
/** Longer than any sane setting, short enough for every timer. */
const day = 24 * hour;

const durationText = { type: "string", pattern: durationPattern } as const;

/** A duration above 0. */
export const duration = {
  "x-format": "go-duration",
  ...durationText,
  "x-milliseconds": { exclusiveMinimum: 0, maximum: day },
} as const;

/** A duration that may be 0, for which no unit is needed. */
export const durationOrZero = {
  "x-format": "go-duration",
  anyOf: [durationText, { const: 0 }],
  "x-milliseconds": { minimum: 0, maximum: day },
} as const;

/** An address of either family. */
export const ip = {
  "x-format": "ip",
  type: "string",
  anyOf: [{ format: "ipv4" }, { format: "ipv6" }],
} as const;
/** Of one. */
export const ipv4 = { "x-format": "ip", type: "string", format: "ipv4" } as const;
/** Of the other. */
export const ipv6 = { "x-format": "ip", type: "string", format: "ipv6" } as const;

/** The statuses that pass. */
export const statusRange = {
  "x-format": "status-range",
  anyOf: [
    { type: "integer", minimum: 100, maximum: 599 },
    { type: "string", pattern: "^[1-5][0-9]{2}(?:-[1-5][0-9]{2})?$" },
  ],
} as const;

/** A whole number, both ends included. */
export function integer(
  minimum: number,
  maximum: number,
): Pick<IntegerSchema, "type" | "minimum" | "maximum"> {
  return { type: "integer", minimum, maximum };
}

/** A power of two from 1 to this one. */
export function powerOfTwo(maximum: number): ReturnType<typeof integer> & { enum: number[] } {
  const powers = Array.from({ length: Math.log2(maximum) + 1 }, (_, exponent) => 2 ** exponent);
  return { ...integer(1, maximum), enum: powers };
}

/** A mapping with known keys. */
export const mapping = { type: "object", additionalProperties: false } as const;

/** One that needs none of its keys: it may be left empty, which YAML reads as null. */
export const optional = { ...mapping, type: ["object", "null"] } as const;

/** A mapping from names. */
export const named = {
  type: ["object", "null"],
  propertyNames: { ...name, type: "string" },
} as const;
