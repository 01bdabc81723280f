import { sections } from "./families.ts";
import type { Family } from "./families.ts";

/** docs/metrics.md, made of the same definitions as /metrics. Pure. */
export function metricsDocument(): string {
  return `${introduction}\n${sections.map(section).join("\n")}`;
}

const introduction = `# Metrics

<!-- Generated from lib/metrics/families.ts by \`deno task docs\`; do not edit. -->

\`maglevd\` serves these at \`/metrics\` on \`--metrics-addr\` (\`:9091\`), in Prometheus' text format.
Every family is declared in every scrape, also while it has no series. The series of a backend go
away with the backend.
`;

function section({ title, families }: { title: string; families: readonly Family[] }): string {
  return `## ${title}

| Metric | Type | Labels | Meaning |
| --- | --- | --- | --- |
${families.map(row).join("\n")}
${buckets(families)}`;
}

function row({ name, type, labels, help }: Family): string {
  const shown = labels.length === 0 ? "none" : labels.map((label) => `\`${label}\``).join(", ");
  return `| \`${name}\` | ${type} | ${shown} | ${help.replaceAll("|", "\\|")} |`;
}

function buckets(families: readonly Family[]): string {
  return families
    .filter((family) => family.type === "histogram")
    .map(({ name, buckets }) => `\nBuckets of \`${name}\`: ${buckets.join(", ")} seconds.\n`)
    .join("");
}
