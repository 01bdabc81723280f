import { deepEqual, equal, ok } from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { countSeries, unknownGroupings, unknownIn } from "./support/expressions.ts";
import { fencesOf } from "./support/fences.ts";
import { readPage } from "./support/pages.ts";
import { startPrometheus } from "./support/prometheus.ts";
import type { Prometheus, Sample } from "./support/prometheus.ts";
import { startSite } from "./support/site.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly uid: string };
  readonly options?: { readonly colorMode?: string };
  readonly fieldConfig?: {
    readonly overrides: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly {
        readonly id: string;
        readonly value: { readonly steps: readonly unknown[] };
      }[];
    }[];
  };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly multi: boolean;
  readonly query: string | { readonly query: string };
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly expr: string }[];
  };
}

const dashboard: Dashboard = JSON.parse(await readPage("packaging/grafana/maglev.json"));
const panels = dashboard.panels.filter(({ type }) => type !== "row");
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legend: legendFormat }))
);

/** Nothing went wrong in the test, so these have nothing to show. */
const mayBeEmpty = new Set(["API failures"]);

/** A query as Grafana sends it. */
function filledIn(expression: string, instance = ".+"): string {
  return expression
    .replaceAll("$__rate_interval", "1m")
    .replaceAll("$instance", instance)
    .replaceAll(/\$(frontend|backend)/g, ".+");
}

Deno.test("the dashboard asks only for metrics and labels that maglevd has", () => {
  for (const { title, expr } of queries) {
    ok(countSeries(expr) > 0, title);
    deepEqual([...unknownIn(expr), ...unknownGroupings(expr)], [], title);
  }
  for (const { expr } of dashboard.annotations.list) deepEqual(unknownIn(expr), []);
});

Deno.test("what is down makes its panel red", () => {
  for (const name of ["Frontends", "Backends"]) {
    const { options, fieldConfig } = dashboard.panels.find(({ title, type }) =>
      title === name && type === "stat"
    ) ?? {};
    equal(options?.colorMode, "background");
    const down = fieldConfig?.overrides.find(({ matcher }) => matcher.options === "down");
    const [thresholds] = down?.properties ?? [];
    equal(thresholds?.id, "thresholds");
    deepEqual(thresholds?.value.steps.at(-1), { color: "red", value: 1 });
  }
});

/** The queries of the panels of this title. */
function asked(title: string): string[] {
  return queries.filter((each) => each.title === title).map(({ expr }) => expr);
}

Deno.test("where traffic goes is shown, and of the API only the calls that come", () => {
  for (
    const [title, metric] of [
      ["Effective weights", "maglev_frontend_backend_effective_weight"],
      ["Weights", "maglev_frontend_pool_backend_weight"],
      ["Active pools", "maglev_frontend_pool_active"],
      ["Place of the active pool", "maglev_frontend_active_pool_index"],
    ] as const
  ) ok(asked(title).some((expr) => expr.startsWith(`${metric}{`)), title);
  // Each method with each code has a series from the start, some hundreds.
  const calls = asked("API calls");
  equal(calls.length, 1);
  for (const expr of calls) ok(/^sum by \(.*\) > 0$/.test(expr), expr);
});

Deno.test("every query of the dashboard is about the maglevds that were chosen", () => {
  for (const { title, expr } of queries) {
    const chosen = expr.split('instance=~"$instance"').length - 1;
    equal(chosen, countSeries(expr), title);
  }
  const instance = dashboard.templating.list.find(({ name }) => name === "instance");
  equal(instance?.multi, true);
  ok(dashboard.templating.list.some(({ type }) => type === "datasource"));
  for (const { title, datasource } of panels) equal(datasource?.uid, "${datasource}", title);
});

Deno.test("the panels have rows, ids of their own, and do not overlap", () => {
  const rows = dashboard.panels.filter(({ type }) => type === "row").map(({ title }) => title);
  deepEqual(rows, ["Overview", "Frontends", "Backends", "VPP"]);
  equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  const cells = new Set<string>();
  for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
    ok(x + w <= 24, title);
    for (let cell = 0; cell < w * h; cell++) {
      const at = `${x + cell % w},${y + Math.floor(cell / w)}`;
      ok(!cells.has(at), `${title} lies over another panel`);
      cells.add(at);
    }
  }
});

/** Asks until there is an answer, because counters need two scrapes and VPP 5 s. */
async function eventually(prometheus: Prometheus, expression: string): Promise<Sample[]> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const samples = await prometheus.query(expression);
    if (samples.length > 0 || performance.now() > deadline) return samples;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function checkQueries(prometheus: Prometheus, instance: string): Promise<void> {
  for (const { title, expr, legend } of queries) {
    if (mayBeEmpty.has(title)) {
      await prometheus.query(filledIn(expr));
      continue;
    }
    const samples = await eventually(prometheus, filledIn(expr));
    ok(samples.length > 0, `${title}: no data for ${filledIn(expr)}`);
    for (const [, label = ""] of legend.matchAll(/{{(\w+)}}/g)) {
      ok(
        samples.every(({ metric }) => label in metric),
        `${title}: not all have the label ${label}`,
      );
    }
    const chosen = await prometheus.query(filledIn(expr, instance));
    ok(chosen.every(({ metric }) => (metric["instance"] ?? instance) === instance), title);
  }
  // When each of them shows something is seen in annotations_test.ts.
  for (const { expr } of dashboard.annotations.list) await prometheus.query(filledIn(expr));
}

async function checkRules(prometheus: Prometheus): Promise<void> {
  const { groups } = await prometheus.get("rules") as {
    groups: { rules: { name: string; health: string; lastError?: string; type: string }[] }[];
  };
  for (const { name, health, lastError } of groups.flatMap(({ rules }) => rules)) {
    ok(health !== "err", `${name}: ${lastError}`);
  }
  const records = groups.flatMap(({ rules }) => rules).filter(({ type }) => type === "recording");
  for (const { name } of records) {
    ok((await eventually(prometheus, name)).length > 0, `${name} has no data`);
  }
}

Deno.test(
  needing(
    havePrograms("prometheus"),
    "prometheus",
    "a real Prometheus that scrapes a maglevd answers every query of dashboard and rules",
  ),
  async () => {
    const config = fencesOf(await readPage("docs/user-guide.md"))
      .find(({ language, mark }) => language === "yaml" && mark === "test")?.body ?? "";
    await using site = await startSite({ config, vpp: true, dead: [12] });
    await site.settled();
    await site.daemon.call("DisableBackend", { name: "web3" });
    const { host, port } = new URL(site.daemon.metricsUrl);
    await using prometheus = await startPrometheus([host, `localhost:${port}`]);
    // A rate needs a call between two scrapes.
    ok((await eventually(prometheus, "maglev_build_info")).length > 0);
    await site.daemon.call("ListBackends");
    await checkQueries(prometheus, `localhost:${port}`);
    await checkRules(prometheus);
    await site.daemon.call("EnableBackend", { name: "web3" });
    const { expr = "" } = dashboard.annotations.list.find(({ name }) => name === "Backends") ?? {};
    const [change] = await eventually(prometheus, filledIn(expr));
    equal(change?.metric["backend"], "web3");
    const labels = dashboard.templating.list.flatMap(({ query }) =>
      typeof query === "string" ? [] : [query.query.match(/^label_values\((.*), (\w+)\)$/) ?? []]
    );
    equal(labels.length, 3);
    for (const [, series = "", label = ""] of labels) {
      const samples = await prometheus.query(filledIn(series));
      ok(samples.length > 0 && samples.every(({ metric }) => label in metric), series);
    }
  },
);
