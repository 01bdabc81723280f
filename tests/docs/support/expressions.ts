import { sections } from "../../../lib/metrics/families.ts";

const families = new Map(
  sections.flatMap((section) => section.families).map((family) => [family.name, family]),
);

/** Labels that Prometheus itself adds. */
const added = ["job", "instance", "le", "alertname", "alertstate"];
/** Series that Prometheus itself makes. */
const own = new Set(["up", "ALERTS"]);

/**
 * What an expression in PromQL asks for that maglevd does not have: metrics, and labels in
 * selectors. `records` are the names of recording rules.
 */
export function unknownIn(expression: string, records: ReadonlySet<string> = new Set()): string[] {
  const wrong: string[] = [];
  for (const [, name = "", , selector = ""] of bare(expression).matchAll(series)) {
    if (own.has(name) || records.has(name)) continue;
    const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""));
    if (!family || (name !== family.name && family.type !== "histogram")) wrong.push(name);
    else if (name === family.name && family.type === "histogram") {
      wrong.push(`${name} without _bucket`);
    } else {
      const known = [...family.labels, ...added];
      for (const [, label = ""] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
        if (!known.includes(label)) wrong.push(`${name}{${label}}`);
      }
    }
  }
  return wrong;
}

/** How many metrics an expression names, to know that the search above sees any. */
export function countSeries(expression: string): number {
  return [...bare(expression).matchAll(series)].length;
}

/** A metric: one of the prefixes in use, or a recording rule's name with colons. */
const series =
  /\b((?:maglev|grpc|process|up|ALERTS)(?:_\w+)?|\w+:\w+:\w+)\b(?!\s*\()(\{([^}]*)\})?/g;

const grouping = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;

/** Without its groupings, whose labels look like metrics. */
function bare(expression: string): string {
  return expression.replaceAll(grouping, "");
}

/** Labels that an expression groups or joins by, beyond those of any metric it may have. */
export function unknownGroupings(expression: string): string[] {
  const known = new Set([...added, ...[...families.values()].flatMap(({ labels }) => labels)]);
  return [...expression.matchAll(grouping)]
    .flatMap(([, labels = ""]) => labels.split(",").map((label) => label.trim()))
    .filter((label) => label !== "" && !known.has(label));
}
