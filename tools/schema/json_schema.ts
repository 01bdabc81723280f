import { durationPattern, formatDuration } from "../../lib/config/duration.ts";
import { paramsOf } from "../../lib/config/rules/health_check.ts";
import { fileSpec } from "../../lib/config/schema.ts";
import type {
  DurationSpec,
  FieldSpec,
  IntSpec,
  IpSpec,
  SectionSpec,
} from "../../lib/config/spec.ts";
import { textForms } from "../../lib/config/text_forms.ts";
import { checkTypes } from "../../lib/config/types.ts";

/** Names may look like numbers without being in quotes. */
const nameTypes = ["string", "number"];

/** Any JSON value of a schema. */
export type JsonSchema = { readonly [key: string]: unknown };

/**
 * The JSON Schema (draft 7, which editors know best) of the configuration file, or of another. It
 * holds what can be said without looking at two places at once; `maglevd --check` knows the rest.
 */
export function jsonSchema(spec: SectionSpec = fileSpec): JsonSchema {
  const { description, ...schema } = section(spec);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: description,
    ...schema,
  };
}

function field(spec: FieldSpec): JsonSchema {
  const { description } = spec;
  const annotations = "default" in spec ? { description, default: defaultOf(spec) } : {
    description,
  };
  switch (spec.type) {
    case "section":
      return nullable(section(spec), spec);
    case "named":
      return nullable({
        description,
        type: "object",
        ...(spec.required ? { minProperties: 1 } : {}),
        propertyNames: {
          pattern: textForms.name.pattern,
          maxLength: textForms.name.maxLength,
        },
        additionalProperties: spec.noun === "health check"
          ? withTypes(section(spec.of))
          : nullable(section(spec.of), spec.of),
      }, spec);
    case "list":
      return { description, type: "array", minItems: 1, items: section(spec.of) };
    case "int":
      return { ...annotations, ...int(spec) };
    case "bool":
      return { ...annotations, type: "boolean" };
    case "duration":
      return { ...annotations, ...duration(spec) };
    case "ip":
      return { ...annotations, ...ip(spec) };
    case "choice":
      return { ...annotations, enum: spec.of };
    case "text": {
      const { pattern, maxLength } = textForms[spec.form];
      const type = spec.form === "name" ? nameTypes : "string";
      return { ...annotations, type, pattern, maxLength };
    }
    case "reference":
      return { ...annotations, type: nameTypes, minLength: 1 };
    case "status-range":
      return {
        ...annotations,
        anyOf: [
          { type: "integer", minimum: 100, maximum: 599 },
          { type: "string", pattern: "^[1-5][0-9]{2}(?:-[1-5][0-9]{2})?$" },
        ],
      };
  }
}

function section(spec: SectionSpec): JsonSchema {
  const entries = Object.entries(spec.fields);
  const required = entries.filter(([, one]) => isRequired(one)).map(([key]) => key);
  return {
    description: spec.description,
    type: "object",
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(entries.map(([key, one]) => [key, field(one)])),
  };
}

/** A section without required keys may be empty, which YAML reads as null. */
function nullable(schema: JsonSchema, spec: FieldSpec): JsonSchema {
  return isRequired(spec) ? schema : { ...schema, type: ["object", "null"] };
}

/** Whether leaving a key out is wrong, because of itself or of something below it. */
function isRequired(spec: FieldSpec): boolean {
  if (spec.required) return true;
  return spec.type === "section" && Object.values(spec.fields).some(isRequired);
}

/** What a health check's type asks for and allows. */
function withTypes(schema: JsonSchema): JsonSchema {
  const allOf = checkTypes.map((type) => ({
    if: { properties: { type: { const: type } }, required: ["type"] },
    then: {
      ...(type === "icmp" ? {} : { required: ["port"] }),
      properties: {
        ...(type === "icmp" ? { port: false } : {}),
        params: type === "icmp"
          ? { maxProperties: 0 }
          : { propertyNames: { enum: paramsOf[type] } },
      },
    },
  }));
  return { ...schema, allOf };
}

function int(spec: IntSpec): JsonSchema {
  const { min, max } = spec;
  if (!spec.powerOfTwo) return { type: "integer", minimum: min, maximum: max };
  const powers = [];
  for (let power = min; power <= max; power *= 2) powers.push(power);
  return { enum: powers };
}

function duration(spec: DurationSpec): JsonSchema {
  const text = { type: "string", pattern: durationPattern };
  return spec.minMs === 0 && !spec.aboveMin ? { anyOf: [text, { const: 0 }] } : text;
}

function ip(spec: IpSpec): JsonSchema {
  if (spec.family !== undefined) return { type: "string", format: `ipv${spec.family}` };
  return { type: "string", anyOf: [{ format: "ipv4" }, { format: "ipv6" }] };
}

/** A default as the operator would write it. */
export function defaultOf(spec: FieldSpec & { readonly default?: unknown }): unknown {
  if (spec.type === "duration") return formatDuration(spec.default ?? 0);
  if (spec.type === "status-range") return spec.default.min;
  return spec.default;
}
