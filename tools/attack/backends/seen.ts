/** Probes by backend and code: `healthy1` → `L7OK` → 12. */
export type ProbesSeen = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What `/metrics` says of probes. Pure. */
export function parseProbes(page: string): ProbesSeen {
  const seen = new Map<string, Map<string, number>>();
  for (const line of page.split("\n")) {
    if (!line.startsWith("maglev_probe_total{")) continue;
    const backend = /backend="([^"]*)"/.exec(line)?.[1] ?? "";
    const code = /code="([^"]*)"/.exec(line)?.[1] ?? "";
    const codes = seen.get(backend) ?? new Map<string, number>();
    codes.set(code, Number(line.slice(line.lastIndexOf(" ") + 1)));
    seen.set(backend, codes);
  }
  return seen;
}

/** How often each code was seen between two scrapes, by backend. Pure. */
export function probesBetween(before: ProbesSeen, after: ProbesSeen): ProbesSeen {
  return new Map(Array.from(after, ([backend, codes]) => {
    const earlier = before.get(backend);
    const more = Array.from(codes, ([code, n]) => [code, n - (earlier?.get(code) ?? 0)] as const);
    return [backend, new Map(more.filter(([, n]) => n > 0))];
  }));
}
