/** `1.5s`, `200ms`: a duration in milliseconds, for details. */
export function formatSeconds(ms: number): string {
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}
