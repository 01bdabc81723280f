import { busyLoad, faults, type Outcome, percent } from "./outcome.ts";

/** The columns of the report: heading, and what stands there. */
const columns: readonly (readonly [string, (outcome: Outcome) => string])[] = [
  ["attack", ({ attack, load }) => `${code(attack)}${load > busyLoad ? " (busy)" : ""}`],
  ["gap", ({ gap }) => `${round(gap.during)}`],
  ["false", ({ failedProbes, takenOut }) => `${failedProbes ?? "?"} / ${takenOut.times}`],
  [
    "operator",
    ({ operator: { during } }) => during.failed > 0 ? `${during.failed} lost` : round(during.worst),
  ],
  ["p50, p99 before", ({ p50, p99 }) => `${fine(p50.before)}, ${fine(p99.before)}`],
  ["during", ({ p50, p99 }) => `${fine(p50.during)}, ${fine(p99.during)}`],
  [
    "turned away",
    ({ refused }) =>
      `${percent(refused.calls)}, ${percent(refused.entries)}, ${percent(refused.scrapes)}`,
  ],
  ["RSS", ({ rss }) => `${round(rss.before / 1e6)} → ${round(rss.during / 1e6)}`],
  ["files", ({ descriptors }) => `${descriptors.before} → ${descriptors.during}`],
  ["log", ({ logged }) => `${round(logged / 1000)}`],
  ["after", ({ recovered }) => recovered === undefined ? "never" : `${recovered}`],
  [
    "verdict",
    (outcome) =>
      outcome.died !== undefined ? "DIED" : faults(outcome).length === 0 ? "ok" : "BROKEN",
  ],
];

/** What the columns mean. */
export const legend = `gap: ms between two probes of a backend with an interval of 100 ms, at worst
false: failed probes of healthy servers / servers taken out though they were well
operator: ms from a change by an operator on the machine to VPP, at worst
p50, p99: ms of a polite client's calls
turned away: of its calls, of those over new connections, of its scrapes
RSS: MB before and at most; files: open descriptors; log: KB written
after: seconds until RSS, descriptors and p99 were back to 1.3 times what they were before`;

/** The table's first two lines, in Markdown. */
export function head(): string {
  const names = columns.map(([name]) => name);
  return `| ${names.join(" | ")} |\n| ${names.map(() => "---").join(" | ")} |`;
}

/** One line of the table. */
export function row(outcome: Outcome): string {
  return `| ${columns.map(([, cell]) => cell(outcome)).join(" | ")} |`;
}

/** What is wrong and what the attackers did, for people. */
export function details(outcome: Outcome): string {
  const done = Object.entries(outcome.counts).map(([what, n]) => `${n} ${what}`);
  return [
    ...faults(outcome).map((fault) => `  ${fault}`),
    `  the attackers: ${done.join(", ") || "did not say"}`,
  ].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

function round(value: number): string {
  return String(Math.round(value));
}

/** Milliseconds with a fraction where it matters. */
function fine(value: number): string {
  return value < 10 ? value.toFixed(1) : round(value);
}
