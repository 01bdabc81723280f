/** Numbers, times and prefixes as operators like to read them. Pure. */

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** A span of time in its two largest units: `3d4h`, `4m12s`, `12s`, `350ms`. */
export function formatSpan(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.floor(ms))}ms`;
  let rest = Math.floor(ms / 1000) * 1000;
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.join("");
}

/** A configured duration, exactly: `2s`, `1m30s`, `500ms`, `1.5s`. */
export function formatDuration(ns: bigint): string {
  const ms = Number(ns) / 1e6;
  if (ms === 0) return "0s";
  if (ms < 1) return `${round(ms * 1000)}µs`;
  if (ms < 1000) return `${round(ms)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = round((ms % 60_000) / 1000);
  return [[hours, "h"], [minutes, "m"], [seconds, "s"]]
    .filter(([count]) => count !== 0).map(([count, unit]) => `${count}${unit}`).join("");
}

/** A measured duration, three digits or whole seconds: `1.23ms`, `45.6ms`, `2.00s`. */
export function formatMeasured(ns: bigint): string {
  // What would be rounded up to 1000 is 1 of the next unit.
  const ms = Number(ns) / 1e6;
  if (ms >= 999_500) return `${Math.round(ms / 1000)}s`;
  if (ms >= 999.5) return `${(ms / 1000).toPrecision(3)}s`;
  if (ms >= 0.9995) return `${ms.toPrecision(3)}ms`;
  return `${Math.round(ms * 1000)}µs`;
}

/** Local date and time to the millisecond, with its zone: `2026-01-02 03:04:05.006+01:00`. */
export function formatTime(unixNs: bigint): string {
  if (unixNs === 0n) return "-";
  const at = new Date(Number(unixNs / 1_000_000n));
  const pad = (value: number, digits = 2) => String(value).padStart(digits, "0");
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ` +
    `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}` +
    `.${pad(at.getMilliseconds(), 3)}${zone(-at.getTimezoneOffset())}`;
}

/** An offset from UTC in minutes, as RFC 3339 writes it. */
function zone(minutes: number): string {
  if (minutes === 0) return "Z";
  const pad = (value: number) => String(Math.trunc(value)).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(size / 60)}:${pad(size % 60)}`;
}

/** How long ago, seen from `now` (Unix milliseconds); never negative. `-` where it is not known. */
export function formatAgo(unixNs: bigint, now: number): string {
  if (unixNs === 0n) return "-";
  return formatSpan(Math.max(0, now - Number(unixNs) / 1e6));
}

/** How long until then, or since: `in 3d4h`, `2h5m ago`. `now` in Unix milliseconds. */
export function formatIn(unixNs: bigint, now: number): string {
  const ms = Number(unixNs) / 1e6 - now;
  return ms < 0 ? `${formatSpan(-ms)} ago` : `in ${formatSpan(ms)}`;
}

/** Since when VPP is away, why, and when it is tried again; times in Unix nanoseconds. */
export function formatAway(
  away: {
    readonly sinceUnixNs: bigint;
    readonly reason: string;
    /** 0: it is being tried. */
    readonly nextTryUnixNs: bigint;
  },
  now: number,
): string {
  const { sinceUnixNs, reason, nextTryUnixNs: next } = away;
  const since = `${formatTime(sinceUnixNs)} (${formatAgo(sinceUnixNs, now)} ago)`;
  const isDue = Number(next) / 1e6 <= now;
  return `not connected since ${since}: ${reason}; next try ${isDue ? "now" : formatIn(next, now)}`;
}

/** A probe's outcome: `L4CON (connection refused)`; empty when there was none. */
export function formatOutcome(
  { code, detail }: { readonly code: string; readonly detail: string },
): string {
  return detail === "" ? code : `${code} (${detail})`;
}

/** Who asked for something: `operator from 192.0.2.7`; empty where that is not told. */
export function formatActor(
  actor: { readonly name: string; readonly from: string } | undefined,
): string {
  return actor ? [actor.name, actor.from].filter((part) => part !== "").join(" from ") : "";
}

/** A weight as events and outcomes have it: its number, `kept` or `none`. */
export function formatWeight(
  weight: { readonly kind: string; readonly weight?: number | undefined } | undefined,
): string {
  if (weight?.kind === "set") return String(weight.weight ?? 0);
  return weight?.kind === "kept" ? "kept" : "none";
}

/** A part of something, from 0 to 1, in percent: `33.3%`. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toFixed(1))}%`;
}

/** A VIP without the prefix length every VIP has: `192.0.2.1/32` is `192.0.2.1`. */
export function stripHostMask(prefix: string): string {
  const [address = "", length] = prefix.split("/");
  return length === (address.includes(":") ? "128" : "32") ? address : prefix;
}

/** Digits in groups of three, so that large counters can be read. */
export function formatCount(value: bigint): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function round(value: number): number {
  return Number(value.toFixed(3));
}

/** Milliseconds of `90s`, `15m`, `1h30m` or `2d`; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  if (!/^(\d{1,6}[smhd])+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, name] of text.matchAll(/(\d+)([smhd])/g)) {
    const [, size = 0] = units.find(([unit]) => unit === name) ?? [];
    ms += Number(count) * size;
  }
  return ms;
}
