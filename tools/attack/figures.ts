import { faults, type Outcome } from "./outcome.ts";
import { attacks } from "./table.ts";
import { type Attack, sections } from "./types.ts";

const columns = [
  "attack",
  "what it does",
  "sent a second",
  "gap, ms",
  "operator, ms",
  "p99, ms",
  "RSS, MB",
  "log, KB",
  "after, s",
  "",
] as const;

/** The tables of docs/security.md, a section each; attacks that were not measured are left out. */
export function documented(outcomes: readonly Outcome[]): string {
  const measured = new Map(outcomes.map((outcome) => [outcome.attack, outcome]));
  return sections.map((section) => {
    const rows = attacks.filter((attack) => attack.section === section).flatMap((attack) => {
      const outcome = measured.get(attack.name);
      return outcome === undefined ? [] : [line(cells(attack, outcome))];
    });
    return [`### ${section}`, "", line(columns), line(columns.map(() => "---")), ...rows].join(
      "\n",
    );
  }).join("\n\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function cells({ name, does }: Attack, outcome: Outcome): string[] {
  const { gap, operator: { during }, p99, rss, logged, recovered } = outcome;
  const wrong = faults(outcome);
  return [
    `\`${name}\``,
    does,
    rates(outcome),
    round(gap.during),
    during.failed > 0 ? "lost" : round(during.worst),
    `${round(p99.before)} → ${round(p99.during)}`,
    `${round(rss.before / 1e6)} → ${round(rss.during / 1e6)}`,
    round(logged / 1000),
    recovered === undefined ? "–" : round(recovered),
    wrong.length === 0 ? "held" : wrong.join("; "),
  ];
}

/** What the attackers did most of, a second. */
function rates({ counts, seconds }: Outcome): string {
  const [what = "", n = 0] = Object.entries(counts).sort(([, a], [, b]) => b - a)[0] ?? [];
  const rate = n / seconds;
  return `${rate < 10 ? rate.toFixed(1) : round(rate)} ${what}`;
}

function round(value: number): string {
  return Math.round(value).toLocaleString("en");
}
