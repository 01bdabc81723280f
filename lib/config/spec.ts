/**
 * The vocabulary in which `schema.ts` describes the file: one spec per kind of value, and the
 * TypeScript types that values of each spec have once they are read.
 *
 * @module
 */

import type { IpAddress, IpFamily } from "../ip/mod.ts";
import type { TextForm } from "./text_forms.ts";

/** What every key has. */
export interface Described {
  /** One sentence or two for the reference and for editors. */
  readonly description: string;
  /** Absence is a semantic error. */
  readonly required?: true;
  /** What stands in for an absent value when that is not a constant, for the reference. */
  readonly otherwise?: string;
}

/** A whole number in decimal. */
export interface IntSpec extends Described {
  readonly type: "int";
  readonly min: number;
  readonly max: number;
  readonly powerOfTwo?: true;
  readonly default?: number;
}

/** `true` or `false`. */
export interface BoolSpec extends Described {
  readonly type: "bool";
  readonly default: boolean;
}

/** A Go-style duration; all bounds and the value are milliseconds. */
export interface DurationSpec extends Described {
  readonly type: "duration";
  readonly minMs: number;
  readonly maxMs: number;
  /** The minimum itself is refused too. */
  readonly aboveMin?: true;
  readonly wholeSeconds?: true;
  readonly default?: number;
}

/** An IP literal, of one family when `family` is given. */
export interface IpSpec extends Described {
  readonly type: "ip";
  readonly family?: IpFamily;
}

/** One of a few words. */
export interface ChoiceSpec extends Described {
  readonly type: "choice";
  readonly of: readonly string[];
}

/** A string whose form is a row of the text forms table. */
export interface TextSpec extends Described {
  readonly type: "text";
  readonly form: TextForm;
  readonly default?: string;
}

/** The name of something in another section. */
export interface ReferenceSpec extends Described {
  readonly type: "reference";
  /** What bears the name. */
  readonly noun: string;
}

/** One HTTP status or two with a dash between. */
export interface StatusRangeSpec extends Described {
  readonly type: "status-range";
  readonly default: StatusRange;
}

/** Both ends included. */
export interface StatusRange {
  readonly min: number;
  readonly max: number;
}

/** A mapping with known keys. */
export interface SectionSpec extends Described {
  readonly type: "section";
  readonly fields: Readonly<Record<string, FieldSpec>>;
}

/** A mapping from names the operator chooses to sections. */
export interface NamedSpec extends Described {
  readonly type: "named";
  /** What one of them is called in a sentence. */
  readonly noun: string;
  readonly of: SectionSpec;
}

/** A list of sections. */
export interface ListSpec extends Described {
  readonly type: "list";
  readonly noun: string;
  readonly of: SectionSpec;
}

/** A value that is one YAML scalar. */
export type ScalarSpec =
  | IntSpec
  | BoolSpec
  | DurationSpec
  | IpSpec
  | ChoiceSpec
  | TextSpec
  | ReferenceSpec
  | StatusRangeSpec;

/** Anything a key can hold. */
export type FieldSpec = ScalarSpec | SectionSpec | NamedSpec | ListSpec;

/** A place in the file's tree, linked upwards so that building one costs nothing. */
export interface Path {
  readonly parent: Path | undefined;
  /** A key, or an index of a list. */
  readonly key: string | number;
}

/** A section as read: values by key, and where each stands. */
export interface Section<Values> {
  /** Offset of the section's key in the text. */
  readonly at: number;
  readonly path: Path;
  readonly values: Values;
  /** Offsets of the values that the file gives. */
  readonly places: { readonly [K in keyof Values]?: number };
}

/** What a value of spec `S` is when it is present and sound. */
export type ValueOf<S> = S extends IntSpec | DurationSpec ? number
  : S extends BoolSpec ? boolean
  : S extends IpSpec ? IpAddress
  : S extends { type: "choice"; of: readonly (infer Word)[] } ? Word
  : S extends TextSpec | ReferenceSpec ? string
  : S extends StatusRangeSpec ? StatusRange
  : S extends SectionSpec ? SectionOf<S>
  : S extends { type: "named"; of: infer Of } ? ReadonlyMap<string, SectionOf<Of>>
  : S extends { type: "list"; of: infer Of } ? readonly SectionOf<Of>[]
  : never;

/** A value that can be absent, because the file leaves it out or because it is wrong. */
export type Presence<S> = S extends { type: "section"; required: true } ? ValueOf<S> | undefined
  : S extends { default: unknown } | { type: "section" | "named" | "list" } ? ValueOf<S>
  : ValueOf<S> | undefined;

/** A section of spec `S` as read. */
export type SectionOf<S> = S extends { fields: infer Fields }
  ? Section<{ readonly [K in keyof Fields]: Presence<Fields[K]> }>
  : never;
