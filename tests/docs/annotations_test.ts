import { deepEqual, equal } from "node:assert/strict";
import { havePrograms, needing } from "../support/programs.ts";
import { readPage } from "./support/pages.ts";

const dashboard: {
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly expr: string }[];
  };
} = JSON.parse(await readPage("packaging/grafana/maglev.json"));
const annotations = dashboard.annotations.list.filter(({ name }) => name !== "Alerts");

/** A series before a change, and after it. */
interface Change {
  readonly series: string;
  readonly before: number;
  readonly after: number;
}

const state = (metric: string, labels: string): Change[] => [
  { series: `${metric}{${labels},state="up"}`, before: 1, after: 0 },
  { series: `${metric}{${labels},state="down"}`, before: 0, after: 1 },
];

/** What each annotation is to show, in which series it is seen. */
const changes: Readonly<Record<string, readonly Change[]>> = {
  "Restarts of maglevd": [{ series: "process_start_time_seconds{}", before: 100, after: 200 }],
  "Backends": state("maglev_backend_state", 'backend="b"'),
  "Frontends": state("maglev_frontend_state", 'frontend="f"'),
  "Active pools": [
    { series: 'maglev_frontend_pool_active{frontend="f",pool="p"}', before: 1, after: 0 },
    { series: 'maglev_frontend_pool_active{frontend="f",pool="q"}', before: 0, after: 1 },
  ],
  "Weights": [
    {
      series: 'maglev_frontend_pool_backend_weight{frontend="f",pool="p",backend="b"}',
      before: 100,
      after: 50,
    },
  ],
  "Configuration": [
    {
      series: "maglev_config_last_reload_success_timestamp_seconds{}",
      before: 100,
      after: 200,
    },
  ],
  "Configuration rejected": [
    { series: 'maglev_config_reloads_total{result="failure"}', before: 3, after: 4 },
  ],
  "VPP": [{ series: "maglev_vpp_connected{}", before: 1, after: 0 }],
};

/** VPP was lost and is back between two scrapes. */
const reconnected: Change = {
  series: "maglev_vpp_connected_seconds{}",
  before: 500,
  after: 10,
};

/** Scrapes, 15 s apart, of which one in the middle five minutes brings the change. */
const scrapes = 40;
const changeAt = [9, 10, 11, 12, 13, 14, 15, 16];

/** A test for promtool: at each of the instances, the change comes with another scrape. */
function ruleTest(expr: string, of: readonly Change[], lasts: number): unknown {
  const input = changeAt.flatMap((first) =>
    of.map(({ series, before, after }) => ({
      series: series.replace("{", `{instance="${first}",`).replace(",}", "}"),
      values: Array.from(
        { length: scrapes },
        (_, i) => i >= first && i < first + lasts ? after : before,
      ).join(" "),
    }))
  );
  // As Grafana asks: a minute apart, where $__rate_interval is a scrape longer than that.
  const asked = expr.replaceAll("$__rate_interval", "75s").replaceAll(/\$\w+/g, ".+");
  return {
    interval: "15s",
    input_series: input,
    promql_expr_test: [
      {
        expr: `group by (instance) (count_over_time((${asked})[5m:1m]))`,
        eval_time: "6m",
        exp_samples: changeAt.map((first) => ({ labels: `{instance="${first}"}`, value: 1 })),
      },
      // Nothing is shown before, nor long after.
      ...["1m45s", "9m"].map((eval_time) => ({ expr: asked, eval_time, exp_samples: [] })),
    ],
  };
}

Deno.test("each annotation of the dashboard has a change that it is to show", () => {
  deepEqual(annotations.map(({ name }) => name).sort(), Object.keys(changes).sort());
});

Deno.test(
  needing(
    havePrograms("promtool"),
    "promtool",
    "every change is an annotation, also one that is undone half a minute later",
  ),
  async () => {
    const vpp = annotations.find(({ name }) => name === "VPP")?.expr ?? "";
    const tests = [
      ...annotations.flatMap(({ name, expr }) =>
        [2, scrapes].map((lasts) => ruleTest(expr, changes[name] ?? [], lasts))
      ),
      ruleTest(vpp, [reconnected], scrapes),
    ];
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/annotations.yaml`;
      await Deno.writeTextFile(file, JSON.stringify({ evaluation_interval: "1m", tests }));
      const { code, stdout, stderr } = await new Deno.Command("promtool", {
        args: ["test", "rules", file],
      }).output();
      const decoder = new TextDecoder();
      equal(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
