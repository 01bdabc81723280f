import { deepEqual, equal, ok } from "node:assert/strict";
import { parse } from "yaml";
import { havePrograms, needing } from "../support/programs.ts";
import { anchorsOf } from "./support/fences.ts";
import { countSeries, unknownGroupings, unknownIn } from "./support/expressions.ts";
import { readPage, root } from "./support/pages.ts";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

interface RuleTest {
  readonly alert_rule_test?: readonly AlertTest[];
  readonly promql_expr_test?: readonly { readonly expr: string }[];
}

const folder = "packaging/prometheus/";
const groups: { rules: Rule[] }[] = parse(await readPage(`${folder}maglev.rules.yaml`)).groups;
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule) => rule.alert !== undefined);
const records = new Set(rules.flatMap(({ record }) => record ?? []));
const havePromtool = havePrograms("promtool");

async function promtool(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command("promtool", { args, cwd: root + folder })
    .output();
  const decoder = new TextDecoder();
  equal(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
}

Deno.test(
  needing(havePromtool, "promtool", "promtool finds nothing wrong with the rules"),
  () => promtool("check", "rules", "--lint=all", "--lint-fatal", "maglev.rules.yaml"),
);

Deno.test(
  needing(havePromtool, "promtool", "the rules pass their unit tests"),
  () => promtool("test", "rules", "maglev_test.yaml"),
);

Deno.test("each alert is seen firing and quiet in the unit tests, each record is computed", async () => {
  const tests: RuleTest[] = parse(await readPage(`${folder}maglev_test.yaml`)).tests;
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test ?? []);
  for (const { alert } of alerts) {
    const own = cases.filter(({ alertname }) => alertname === alert);
    ok(own.some(({ exp_alerts }) => exp_alerts.length > 0), `${alert} never fires`);
    ok(own.some(({ exp_alerts }) => exp_alerts.length === 0), `${alert} is never quiet`);
  }
  const computed = tests.flatMap(({ promql_expr_test }) => promql_expr_test ?? []);
  for (const name of records) ok(computed.some(({ expr }) => expr.startsWith(name)), name);
});

Deno.test("the rules ask only for metrics and labels that maglevd has", () => {
  for (const { expr, alert, record } of rules) {
    ok(countSeries(expr) > 0, expr);
    deepEqual([...unknownIn(expr, records), ...unknownGroupings(expr)], [], `${alert ?? record}`);
  }
});

Deno.test("each alert says what is wrong and names its section of the troubleshooting page", async () => {
  const anchors = anchorsOf(await readPage("docs/troubleshooting.md"));
  for (const { alert, labels, annotations = {} } of alerts) {
    ok(["critical", "warning"].includes(labels?.severity ?? ""), `${alert}`);
    ok(annotations["summary"] && annotations["description"], `${alert}`);
    const [place, anchor = ""] = annotations["runbook_url"]?.split("#") ?? [];
    const packaged = "file:///usr/share/doc/vpp-maglevd";
    const base = `{{ with $externalLabels.maglev_docs }}{{ . }}{{ else }}${packaged}{{ end }}`;
    equal(place, `${base}/troubleshooting.md`, `${alert}`);
    ok(anchors.has(anchor), `${alert}: no heading ${anchor}`);
  }
});
