const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Milliseconds of `90s`, `15m`, `1h30m` or `2d`; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  if (!/^(\d{1,6}[smhd])+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g)) {
    seconds += Number(count) * (units[unit ?? ""] ?? 0);
  }
  return seconds * 1000;
}
