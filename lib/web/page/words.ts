/** Numbers and times in the words of maglevc, and some that only a page needs. */

import {
  formatCount,
  formatDuration,
  formatMeasured,
  formatOutcome,
  formatShare,
  formatSpan,
} from "../../cli/format.ts";

export { formatOutcome, formatShare, formatSpan };

/**
 * A name within a sentence: signs that write from right to left end with it (UAX #9, isolates).
 * Where there can be none it stays as it is.
 */
export function isolated(name: string): string {
  return /^[ -~]*$/.test(name) ? name : `\u2068${name}\u2069`;
}

/** How long that is, in its two largest units; `now` under a second. */
export function ago(ms: number): string {
  return ms < 1000 ? "now" : formatSpan(ms);
}

/** A configured duration, from nanoseconds. */
export function duration(ns: number): string {
  return formatDuration(BigInt(Math.round(ns)));
}

/** A measured duration, from milliseconds. */
export function measured(ms: number): string {
  return formatMeasured(BigInt(Math.max(0, Math.round(ms * 1e6))));
}

/** A large number in groups of three. */
export function count(value: number): string {
  return formatCount(BigInt(Math.round(value)));
}

const sizes = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]] as const;

/** `12.3k`: three digits at most, so that columns keep their width. */
export function short(value: number): string {
  for (const [size, letter] of sizes) {
    if (value >= size * 0.9995) return `${Number((value / size).toPrecision(3))}${letter}`;
  }
  return String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}

/** `1.2 Mbit/s`. */
export function bits(value: number): string {
  const [, number = "", unit = ""] = /^([\d.]+)(\D?)$/.exec(short(value)) ?? [];
  return `${number} ${unit}bit/s`;
}

/** `1.2k pkt/s`. */
export function packets(value: number): string {
  return `${short(value)} pkt/s`;
}

/** One and many: `1 backend`, `3 backends`. */
export function many(number: number, one: string, more = `${one}s`): string {
  return `${number} ${number === 1 ? one : more}`;
}

/** `13:05:09`: a time of day in the reader's zone. */
export function timeOfDay(ms: number): string {
  const at = new Date(ms);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":");
}

/** Made when it is needed: the first one takes a browser 50 ms and more. */
let days: Intl.DateTimeFormat | undefined;

/** A time of day in the reader's zone; with the day where it is not today's. */
export function clockTime(ms: number, now: number): string {
  const text = timeOfDay(ms);
  if (new Date(ms).toDateString() === new Date(now).toDateString()) return text;
  days ??= new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short" });
  return `${days.format(ms)} ${text}`;
}

/** The same moment in UTC, to the millisecond. */
export function utc(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** Milliseconds, from the nanoseconds of the API. */
export function ms(ns: number): number {
  return ns / 1e6;
}

/** For how long a backend is still kept down; empty while only the event of it has been heard. */
export function holdLeft({ untilUnixNs }: { readonly untilUnixNs: number }, now: number): string {
  return untilUnixNs === 0 ? "" : `${formatSpan(Math.max(0, ms(untilUnixNs) - now))} more at most`;
}
