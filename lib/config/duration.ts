/** Nanoseconds per unit, as in Go's `time.ParseDuration`. Both micro signs are accepted. */
const unitNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "µs": 1e3,
  "μs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const part = "(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h)";

/** The pattern of a whole duration, bare 0 included. */
export const durationPattern = `^(?:0|(?:${part})+)$`;

const whole = new RegExp(durationPattern);
const parts = /([0-9.]+)(ns|us|µs|μs|ms|s|m|h)/g;

/** Longer texts cannot be sensible durations. */
const maxLength = 64;

/**
 * The milliseconds, with fractions down to a nanosecond, that a Go-style duration such as
 * `1m30s`, `1.5s` or `500ms` spells. Undefined when it is none; signs are refused.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > maxLength || !whole.test(text)) return undefined;
  let ns = 0;
  // Rounding each part to whole nanoseconds keeps 4.35s from becoming 4350.000000000001 ms.
  for (const [, digits, unit] of text.matchAll(parts)) {
    ns += Math.round(Number(digits) * (unitNs[unit ?? ""] ?? 0));
  }
  return ns / 1e6;
}

/** Milliseconds (not negative) as Go prints durations, without zero parts: `1m30s`, `1.5s`, `0s`. */
export function formatDuration(ms: number): string {
  const ns = Math.round(ms * 1e6);
  if (ns === 0) return "0s";
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${ns / 1e3}us`;
  if (ns < 1e9) return `${ns / 1e6}ms`;
  const hours = Math.floor(ns / 3600e9);
  const minutes = Math.floor((ns % 3600e9) / 60e9);
  const seconds = (ns % 60e9) / 1e9;
  // A number alone would write a nanosecond as 1e-9.
  const secondsText = seconds.toFixed(9).replace(/\.?0+$/, "");
  return [[hours, `${hours}h`], [minutes, `${minutes}m`], [seconds, `${secondsText}s`]]
    .filter(([amount]) => amount !== 0).map(([, text]) => text).join("");
}
