import type { LogAttributes, LogValue } from "../../log/mod.ts";

const maxText = 1024;

/** The fields of a message for a log record: addresses and prefixes as text, long text cut. */
export function messageAttributes(value: Readonly<Record<string, unknown>>): LogAttributes {
  const attributes: Record<string, LogValue> = {};
  for (const [name, field] of Object.entries(value)) attributes[name] = logValue(field);
  return attributes;
}

function logValue(value: unknown): LogValue {
  if (typeof value === "number" || typeof value === "boolean") return value;
  return shorten(text(value));
}

function shorten(value: string): string {
  if (value.length <= maxText) return value;
  return `${value.slice(0, maxText)}… (${value.length} characters)`;
}

function text(value: unknown): string {
  if (value instanceof Uint8Array) return Array.from(value, hexByte).join("");
  if (Array.isArray(value)) return value.length > 16 ? `${value.length} entries` : list(value);
  if (typeof value !== "object" || value === null) return String(value);
  if ("text" in value) return String(value.text);
  if ("address" in value && "len" in value) return `${text(value.address)}/${value.len}`;
  return `{${Object.entries(value).map(([name, one]) => `${name} ${text(one)}`).join(", ")}}`;
}

function list(values: readonly unknown[]): string {
  return `[${values.map(text).join(", ")}]`;
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
