import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { Suggester } from "../config/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { fitting, invalid } from "./errors.ts";
import { shortened } from "../port/mod.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * A request in JSON. Binary clients may be newer than this server, so that what they say in addition
 * is skipped; JSON is typed by people, where an unknown name is a mistake, and `{"wieght": 50}` would
 * drain a server if it was taken for a weight that is not given. Throws InvalidArgument.
 */
export function requestFromJson(schema: DescMessage, octets: Uint8Array): Message {
  try {
    const value: JsonValue = JSON.parse(utf8.decode(octets));
    checkFields(schema, value, "");
    return fromJson(schema, value);
  } catch (error) {
    throw fitting(toInvalid(schema, error));
  }
}

function toInvalid(schema: DescMessage, error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  return invalid(`cannot read ${schema.typeName} from JSON: ${shortened(reasonOf(error))}`);
}

/** Refuses fields that there are not. What is wrong with values, others tell. */
function checkFields(schema: DescMessage, value: JsonValue | undefined, at: string): void {
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    const field = schema.fields.find((each) => each.jsonName === name || each.name === name);
    if (!field) throw unknownField(schema, name, at);
    checkInner(field, inner, `${at}${name}.`);
  }
}

function checkInner(field: DescField, value: JsonValue | undefined, at: string): void {
  const { message } = field;
  if (!message) return;
  const messages = Array.isArray(value) ? value : [value];
  for (const each of messages) checkFields(message, each, at);
}

function isObject(value: JsonValue | undefined): value is { [name: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownField(schema: DescMessage, name: string, at: string): ConnectError {
  const hint = new Suggester().hint(name, schema.fields.map(({ jsonName }) => jsonName));
  return invalid(`unknown field ${JSON.stringify(shortened(at + name))}${hint}`);
}
