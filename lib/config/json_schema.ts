/**
 * The part of JSON Schema (draft 7) that the files of this program are described in, what is said
 * beyond it (`x-…`, which the published schema leaves out), and the TypeScript types of what is read.
 *
 * @module
 */

import type { IpAddress } from "../ip/mod.ts";
import type { Section } from "./problems.ts";

/** What every key has. */
export interface Annotations {
  /** One sentence or two for the reference and for editors. */
  readonly description: string;
  /** What one such thing is called in a sentence, such as `health check`. */
  readonly title?: string;
  /** What stands in for an absent value when that is no constant, for the reference. */
  readonly "x-absent"?: string;
}

/** A whole number in decimal. */
export interface IntegerSchema extends Annotations {
  readonly type: "integer";
  readonly "x-format"?: undefined;
  readonly minimum: number;
  readonly maximum: number;
  /** Every power of two in this range, where others are refused. */
  readonly enum?: readonly number[];
  readonly default?: number;
}

/** `true` or `false`. */
export interface BooleanSchema extends Annotations {
  readonly type: "boolean";
  readonly "x-format"?: undefined;
  readonly default: boolean;
}

/** One of a few words. */
export interface EnumSchema extends Annotations {
  readonly type: "string";
  readonly "x-format"?: undefined;
  readonly enum: readonly string[];
}

/** What strings of a kind look like. */
export interface Form {
  /** An ECMAScript pattern for the whole string, to be used with the `u` flag. */
  readonly pattern: string;
  /** In UTF-16 code units. */
  readonly maxLength: number;
  /** Completes the sentence "must be …". */
  readonly "x-rule": string;
}

/** A string: of one line, without the line end that a block scalar has, or an expression of RE2. */
export interface StringSchema extends Annotations, Form {
  readonly type: "string";
  readonly "x-format"?: "line" | "re2";
  readonly default?: string;
}

/** A name, which may look like a number. */
export interface NameSchema extends Annotations, Form {
  readonly type: readonly ["string", "number"];
  readonly "x-format": "name";
}

/** The name of something in another section. */
export interface ReferenceSchema extends Annotations {
  readonly type: readonly ["string", "number"];
  readonly "x-format": "reference";
  readonly minLength: 1;
  /** What bears the name. */
  readonly title: string;
}

/** A duration as Go spells it; its range in the words that JSON Schema has for numbers. */
export interface DurationSchema extends Annotations {
  readonly "x-format": "go-duration";
  readonly "x-milliseconds": DurationRange;
  readonly default?: string;
}

/** Milliseconds; of the minima there is one. */
export interface DurationRange {
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum: number;
  /** A second, if at all. */
  readonly multipleOf?: number;
}

/** An IP literal, of one family where `format` says so. */
export interface IpSchema extends Annotations {
  readonly "x-format": "ip";
  readonly format?: "ipv4" | "ipv6";
}

/** One HTTP status, or two with a dash between. */
export interface StatusRangeSchema extends Annotations {
  readonly "x-format": "status-range";
  readonly default: number;
}

/** Both ends included. */
export interface StatusRange {
  readonly min: number;
  readonly max: number;
}

/** A mapping with known keys; null is an empty one. */
export interface ObjectSchema extends Annotations {
  readonly type: "object" | readonly ["object", "null"];
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
  /** What else editors may hold against it, where a rule says it in words. */
  readonly allOf?: readonly unknown[];
  /** The standard, of a whole file. */
  readonly $schema?: string;
}

/** A mapping from names that the operator chooses. */
export interface MapSchema extends Annotations {
  readonly type: "object" | readonly ["object", "null"];
  readonly propertyNames: Form;
  readonly minProperties?: 1;
  readonly additionalProperties: ObjectSchema & { readonly title: string };
}

/** A list. */
export interface ArraySchema extends Annotations {
  readonly type: "array";
  readonly minItems: 1;
  readonly items: ObjectSchema & { readonly title: string };
}

/** A value that is one YAML scalar. */
export type ScalarSchema =
  | IntegerSchema
  | BooleanSchema
  | EnumSchema
  | StringSchema
  | NameSchema
  | ReferenceSchema
  | DurationSchema
  | IpSchema
  | StatusRangeSchema;

/** Anything that a key can hold. */
export type Schema = ScalarSchema | ObjectSchema | MapSchema | ArraySchema;

/** What a value of schema `S` is when it is present and sound. */
export type ValueOf<S> = S extends DurationSchema | IntegerSchema ? number
  : S extends IpSchema ? IpAddress
  : S extends StatusRangeSchema ? StatusRange
  : S extends BooleanSchema ? boolean
  : S extends { enum: readonly (infer Word)[] } ? Word
  : S extends { properties: object } ? SectionOf<S>
  : S extends { propertyNames: Form; additionalProperties: infer Of }
    ? ReadonlyMap<string, SectionOf<Of>>
  : S extends { items: infer Of } ? readonly SectionOf<Of>[]
  : string;

/** A value that can be absent, because the file leaves it out or because it is wrong. */
export type Presence<S> = S extends { default: unknown } | ObjectSchema | MapSchema | ArraySchema
  ? ValueOf<S>
  : ValueOf<S> | undefined;

/** What is read of the keys of schema `S`. */
export type ValuesOf<S> = S extends { properties: infer Properties }
  ? { readonly [K in keyof Properties]: Presence<Properties[K]> }
  : never;

/** A section of schema `S` as read. */
export type SectionOf<S> = Section<ValuesOf<S>>;
