/** Prometheus' text exposition format 0.0.4, one piece at a time. Pure. */

import type { Family } from "./families.ts";

/** The `# HELP` and `# TYPE` lines that come before a family's series. */
export function headerText(family: Family): string {
  const help = family.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${family.type}\n`;
}

/** `a="x",b="y"`, or nothing without labels. `values` stand in the order of `names`. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, i) => `${name}="${escapeLabel(values[i] ?? "")}"`).join(",");
}

/** One line: name, labels if any, value. */
export function sampleText(name: string, labels: string, value: number): string {
  return labels === ""
    ? `${name} ${valueText(value)}\n`
    : `${name}{${labels}} ${valueText(value)}\n`;
}

/** A number as Prometheus spells it. */
export function valueText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}

const special = /[\\"\n]/;

/** Most names hold nothing to escape; testing first is what keeps a big scrape cheap. */
function escapeLabel(value: string): string {
  if (!special.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
