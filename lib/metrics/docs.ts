import { type BudgetSpec, portBudgets, portNames, type ShareLimits } from "../port/mod.ts";
import { apiBudgets } from "../api/mod.ts";
import { type Family, sections } from "./families.ts";
import { scrapeBudgets } from "./scrapes.ts";

/** Every budget of the daemon, as large as it is where descriptors are not few. */
export const budgetList: readonly (BudgetSpec & Partial<ShareLimits>)[] = [
  ...portNames.flatMap(portBudgets),
  ...apiBudgets,
  ...Object.values(scrapeBudgets),
];

/** docs/metrics.md, made of the same definitions as /metrics. Pure. */
export function metricsDocument(): string {
  return `${introduction}\n${sections.map(section).join("\n")}\n${budgets()}`;
}

/** What clients may use, from the same list that the servers open it by. */
function budgets(): string {
  const rows = budgetList.map(({ name, unit, limit, perPrefix, reserved, reason }) =>
    [name, unit, amount(unit, limit), perPrefix ?? "", reserved ?? "", reason].join(" | ")
  );
  return `## Budgets

What clients may use is bounded. Each budget has its three series: \`maglev_budget_used\`,
\`maglev_budget_limit\` and \`maglev_budget_refused_total\`. When one is used up the newest client is
refused, with RESOURCE_EXHAUSTED or by closing its connection, and \`budget-refused\` says so in the
log. Probes, VPP and its counters are not affected. One IPv4 address or one IPv6 /64 gets no more of
a budget than what stands under "of one prefix"; this machine itself may have half of all, and what
is reserved is for it alone. Where no connection or request is left, the newest of whoever has most
gives way to who has fewer: it is closed, or its stream reset, and counts as refused. With few file
descriptors there are fewer connections.

| Budget | Unit | Limit | Of one prefix | Reserved | Reason |
| --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join("\n")}
`;
}

function amount(unit: string, limit: number): string {
  const mebibyte = 1024 * 1024;
  return unit === "bytes" ? `${limit / mebibyte} MiB` : limit.toLocaleString("en");
}

const introduction = `# Metrics

_For those who build dashboards and alerts._

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
