import type { LogAttributes, LogLevel, LogRecord, LogValue } from "./types.ts";

const levelNames: Readonly<Record<LogLevel, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
};

/** What log/slog calls its own fields; an attribute of such a name is printed as `attr-NAME`. */
const reserved = new Set(["time", "level", "msg"]);

/**
 * DEL, C1 controls, zero-width and bidirectional marks, which JSON may have as they are. What peers say
 * is in records: a terminal would obey it, and journalctl shows a text with controls not at all.
 */
const hidden = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * One record as one line of JSON, newline included, in the shape of Go's slog.JSONHandler: `time`,
 * `level`, `msg`, then the attributes in their order. No character of it is one that a screen obeys
 * or does not show.
 */
export function formatRecord(record: LogRecord): string {
  const head = `{"time":"${formatTime(record.wall)}","level":"${levelNames[record.level]}"`;
  const rest = `"msg":${JSON.stringify(record.msg)}${formatAttributes(record.attributes)}`;
  return `${head},${rest.replace(hidden, (found) => escaped(found))}}\n`;
}

/** Each UTF-16 unit of a text spelled out as JSON has it: `\u001b`. Pure. */
export function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

function formatAttributes(attributes: LogAttributes): string {
  let text = "";
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value === undefined) continue;
    const name = reserved.has(key) ? `attr-${key}` : key;
    text += `,${JSON.stringify(name)}:${formatValue(value)}`;
  }
  return text;
}

/** JSON has no NaN and no infinities: those become strings, as slog does. */
function formatValue(value: LogValue): string {
  if (typeof value === "number" && !Number.isFinite(value)) return `"${value}"`;
  return JSON.stringify(value);
}

let second = NaN;
let secondText = "";
let offsetText = "";

/**
 * Unix milliseconds as RFC 3339 with microseconds and the local offset. The part down to the second
 * is kept from one call to the next: records come in bursts.
 */
export function formatTime(wall: number): string {
  const micros = Math.floor(wall * 1000);
  const whole = Math.floor(micros / 1_000_000);
  if (whole !== second) {
    second = whole;
    const offset = -new Date(whole * 1000).getTimezoneOffset();
    secondText = new Date(whole * 1000 + offset * 60_000).toISOString().slice(0, 19);
    offsetText = formatOffset(offset);
  }
  return `${secondText}.${String(micros - whole * 1_000_000).padStart(6, "0")}${offsetText}`;
}

function formatOffset(minutes: number): string {
  if (minutes === 0) return "Z";
  const size = Math.abs(minutes);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** The message of anything thrown: what the attribute `err` says, and sentences that end in why. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Anything thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
