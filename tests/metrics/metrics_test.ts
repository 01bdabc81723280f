import { deepEqual, equal, ok } from "node:assert/strict";
import { metricsDocument, sections } from "../../lib/metrics/mod.ts";
import { watchLoopLag } from "../../lib/metrics/metrics.ts";
import { type Clock, FakeClock } from "../../lib/time/mod.ts";
import type { VppService } from "../../lib/vpp/mod.ts";
import { fail, httpCheck, pass, sketch } from "../checker/support/bench.ts";
import { havePrograms, havePythonModules, judge, needing } from "../support/programs.ts";
import { steer } from "../support/steer.ts";
import { counted, fakeVpp, MetricsBed, scrapeText } from "./support.ts";

const flap = { changes: 2, withinMs: 600_000, holdMs: 60_000, maxHoldMs: 60_000 };

/** Metrics in which every family has series. */
function full(): MetricsBed {
  const config = sketch({
    backends: { web1: {}, web2: {}, 'odd "name" \\ \n': { enabled: false } },
    frontends: { www: [{ web1: 90 }, { web2: 100 }] },
    failOpen: "all-down",
    slowStartMs: 10_000,
    checks: [httpCheck("web", { flap })],
  });
  const bed = new MetricsBed({ config, vpp: fakeVpp });
  const { checkerObserver, vppObserver, rpcObserver } = bed.metrics;
  bed.bench.checker.operate([{ action: "drain", backend: "web2", deadlineMs: 600_000 }]);
  checkerObserver.probesDone("web1", "http", counted("L7STS", 30));
  checkerObserver.probesDone("web1", "http", counted("L7OK", 2));
  checkerObserver.transition("web1", "up", "down");
  vppObserver.apiMessage("lb_vip_dump", "send", "success");
  vppObserver.lbSync("vip", "as_weight_updated");
  vppObserver.altered();
  const rpc = { service: "maglev.Maglev", method: "GetBackend", type: "unary" } as const;
  rpcObserver.started(rpc);
  rpcObserver.handled(rpc, "NotFound", 0.02);
  checkerObserver.probesDone("web2", "tcp", counted("SOCKERR", 30));
  bed.metrics.taskFailed("vpp-link");
  bed.metrics.reloaded(true);
  return bed;
}

async function fullText(): Promise<string> {
  using bed = full();
  return await scrapeText(bed.metrics);
}

Deno.test("every declared family is in a scrape with its type and has a series", async () => {
  const text = await fullText();
  for (const { name, type } of sections.flatMap(({ families }) => families)) {
    ok(text.includes(`# TYPE ${name} ${type}\n`), name);
    ok(new RegExp(`^${name}(_bucket)?[ {]`, "m").test(text), `${name} has no series`);
  }
});

Deno.test("a backend's series say its state, its probes and its transitions", async () => {
  const lines = new Set((await fullText()).split("\n"));
  for (
    const line of [
      'maglev_backend_state{backend="web1",address="10.0.0.0",healthcheck="web",state="up"} 1',
      'maglev_backend_state{backend="web1",address="10.0.0.0",healthcheck="web",state="down"} 0',
      'maglev_backend_health{backend="web1"} 4',
      'maglev_backend_enabled{backend="web1"} 1',
      'maglev_backend_enabled{backend="odd \\"name\\" \\\\ \\n"} 0',
      'maglev_backend_transitions_total{backend="web1",from="up",to="down"} 1',
      'maglev_probe_total{backend="web1",type="http",result="failure",code="L7STS"} 1',
      'maglev_probe_total{backend="web1",type="http",result="success",code="L7OK"} 1',
      'maglev_probe_duration_seconds_bucket{backend="web1",type="http",le="0.0025"} 1',
      'maglev_probe_duration_seconds_count{backend="web1",type="http"} 2',
      'maglev_frontend_pool_backend_weight{frontend="www",pool="pool1",backend="web2"} 100',
      'maglev_frontend_pool_active{frontend="www",pool="pool0"} 1',
      'maglev_frontend_pool_active{frontend="www",pool="pool1"} 0',
      'maglev_frontend_fail_open{frontend="www"} 0',
      'maglev_backend_flap_hold{backend="web1"} 0',
      'maglev_backend_slow_start_ratio{frontend="www",backend="web1"} 1',
      'maglev_frontend_active_pool_index{frontend="www"} 0',
      'maglev_frontend_backend_effective_weight{frontend="www",pool="pool0",backend="web1"} 90',
      'maglev_frontend_backend_effective_weight{frontend="www",pool="pool1",backend="web2"} 0',
      'maglev_probe_total{backend="web2",type="tcp",result="failure",code="SOCKERR"} 1',
      'maglev_task_failures_total{task="vpp-link"} 1',
      'maglev_probe_certificate_expiry_seconds{backend="web2"} 1800000000.5',
      "maglev_probes_delayed_total 7",
      "maglev_probes_late_total 6",
      "maglev_probe_stalls_total 1",
      "maglev_log_dropped_total 5",
      "maglev_vpp_in_step 1",
      "maglev_vpp_altered_total 1",
      'maglev_vpp_lbsync_total{scope="vip",kind="as_weight_updated"} 1',
      'maglev_vpp_api_total{msg="lb_vip_dump",direction="send",result="success"} 1',
      'maglev_budget_used{budget="seats"} 9',
      'maglev_budget_limit{budget="seats"} 10',
      'maglev_budget_refused_total{budget="seats"} 3',
      "maglev_vpp_uptime_seconds 60",
      'maglev_vpp_server_bytes_total{address="10.0.0.1"} 700',
      'maglev_vpp_vip_packets_total{prefix="192.0.2.1/32",protocol="tcp",port="443",kind="no_server"} 4',
      'maglev_build_info{version="1.2.3",commit="abc",date="2026-11-21"} 1',
    ]
  ) ok(lines.has(line), line);
});

Deno.test("a frontend that fails open says so, one that never does has no series", async () => {
  const frontends = { www: [{ web1: 90 }] };
  for (const failOpen of ["all-down", "never"] as const) {
    const config = sketch({ backends: { web1: {} }, frontends, failOpen });
    using bed = new MetricsBed({ config });
    bed.bench.prober.answers = () => fail;
    bed.bench.clock.advance(20_000);
    const lines = (await scrapeText(bed.metrics)).split("\n")
      .filter((line) => line.startsWith("maglev_frontend_fail_open{"));
    const open = ['maglev_frontend_fail_open{frontend="www"} 1'];
    deepEqual(lines, failOpen === "never" ? [] : open);
  }
});

Deno.test("a backend that is kept down says so, one that never is has no series", async () => {
  const fast = { intervalMs: 1_000, fastIntervalMs: 1_000, rise: 1, fall: 1 };
  for (const check of [httpCheck("web", { ...fast, flap }), httpCheck("web", fast)]) {
    using bed = new MetricsBed({ config: sketch({ checks: [check], backends: { web1: {} } }) });
    const { bench } = bed;
    for (const result of [pass, fail, pass, fail]) {
      bench.prober.answers = () => result;
      bench.clock.advance(6_000);
    }
    const lines = (await scrapeText(bed.metrics)).split("\n")
      .filter((line) => line.startsWith("maglev_backend_flap_hold{"));
    deepEqual(lines, check.flap ? ['maglev_backend_flap_hold{backend="web1"} 1'] : []);
  }
});

Deno.test("a slow start tells how far it is, and nothing is told where there is none", async () => {
  const backends = { web1: {}, web2: {} };
  const frontends = { www: [{ web1: 90, web2: 90 }] };
  for (const [slowStartMs, want] of [[9_000, ["0.3", "1"]], [0, []]] as const) {
    using bed = new MetricsBed({ config: sketch({ backends, frontends, slowStartMs }) });
    const { bench } = bed;
    bench.prober.answers = () => pass;
    bench.clock.advance(5_000);
    steer(bench.checker).pause("web1");
    steer(bench.checker).resume("web1");
    while (bench.state("web1") !== "up") bench.clock.advance(1);
    bench.clock.advance(2_000);
    const ratios = (await scrapeText(bed.metrics)).split("\n")
      .filter((line) => line.startsWith("maglev_backend_slow_start_ratio{"))
      .map((line) => line.split(" ")[1]);
    deepEqual(ratios, want);
  }
});

Deno.test("a drain tells whether anything is left, and its deadline if it has one", async () => {
  using bed = full();
  const { metrics, bench: { checker, clock } } = bed;
  const series = async (name: string) =>
    (await scrapeText(metrics)).split("\n").filter((line) => line.startsWith(`${name}{`));
  steer(checker).enable("web2");
  checker.operate([{ action: "drain", backend: "web2" }]);
  checker.operate([{ action: "drain", backend: "web1", deadlineMs: 30_000 }]);
  clock.advance(12_000);
  deepEqual(await series("maglev_backend_drain_deadline_seconds"), [
    'maglev_backend_drain_deadline_seconds{backend="web1"} 30',
  ]);
  const of = (backend: string, value: number) =>
    `maglev_backend_drained{backend="${backend}"} ${value}`;
  deepEqual(await series("maglev_backend_drained"), [of("web1", 0), of("web2", 0)]);
  clock.advance(20_000);
  deepEqual(await series("maglev_backend_drained"), [of("web1", 1), of("web2", 0)]);
  steer(checker).enable("web1");
  steer(checker).enable("web2");
  deepEqual(await series("maglev_backend_drained"), []);
});

Deno.test("a drain is timed until the backend is drained", async () => {
  using bed = full();
  const { metrics, bench: { checker, clock } } = bed;
  const series = async () =>
    (await scrapeText(metrics)).split("\n")
      .filter((line) => line.startsWith("maglev_backend_drain_seconds{"));
  checker.operate([{ action: "drain", backend: "web1", deadlineMs: 30_000 }]);
  clock.advance(12_000);
  const of = (backend: string, seconds: number) =>
    `maglev_backend_drain_seconds{backend="${backend}"} ${seconds}`;
  deepEqual(await series(), [of("web1", 12), of("web2", 12)]);
  clock.advance(100_000);
  deepEqual(await series(), [of("web1", 30), of("web2", 112)]);
  steer(checker).enable("web1");
  steer(checker).enable("web2");
  deepEqual(await series(), []);
});

Deno.test("effective weights follow health, and one that VPP keeps is not told", async () => {
  const frontends = { www: [{ web1: 90, late: 5 }, { web2: 100 }] };
  using bed = new MetricsBed({
    config: sketch({
      backends: { web1: {}, web2: {} },
      frontends: {
        www: [{ web1: 90 }, { web2: 100 }],
      },
    }),
  });
  const { metrics, bench } = bed;
  steer(bench.checker).pause("web1");
  bench.prober.answers = () => undefined;
  await bench.reload(sketch({ backends: { web1: {}, web2: {}, late: {} }, frontends }));
  const lines = (await scrapeText(metrics)).split("\n");
  const place = (pool: string, backend: string) =>
    `maglev_frontend_backend_effective_weight{frontend="www",pool="${pool}",backend="${backend}"}`;
  deepEqual(lines.filter((line) => line.startsWith("maglev_frontend_backend_effective_weight{")), [
    `${place("pool0", "web1")} 0`,
    `${place("pool1", "web2")} 100`,
  ]);
  ok(lines.includes('maglev_frontend_active_pool_index{frontend="www"} 1'));
});

Deno.test("an address of several VIPs is counted once, with the labels of all its ports", async () => {
  using bed = full();
  const text = await scrapeText(bed.metrics);
  const series = text.split("\n").filter((line) => line.startsWith("maglev_vpp_vip_route"));
  const labels = '{prefix="192.0.2.1/32",protocol="any",port="0"}';
  deepEqual(series, [
    `maglev_vpp_vip_route_packets_total${labels} 36`,
    `maglev_vpp_vip_route_bytes_total${labels} 9007199254740991`,
  ]);
});

Deno.test("what VPP has not told has no series, since a 0 would be a reset", async () => {
  const isUnknown = true;
  const forgetful = (clock: Clock): VppService => {
    const vpp = fakeVpp(clock);
    const counters = vpp.counters();
    return {
      ...vpp,
      counters: () =>
        counters && {
          at: counters.at,
          vips: counters.vips.map((each, i) => i === 0 ? { ...each, isUnknown } : each),
          addresses: counters.addresses.map((each) => ({ ...each, isUnknown })),
          servers: counters.servers.map((each) => ({ ...each, isUnknown })),
        },
    };
  };
  using bed = new MetricsBed({ vpp: forgetful });
  const text = await scrapeText(bed.metrics);
  const series = text.split("\n").filter((line) => /^maglev_vpp_(vip|server)_/.test(line));
  deepEqual(series.map((line) => line.slice(line.lastIndexOf(" ") + 1)), ["5", "6", "7", "8"]);
});

Deno.test("a probe that could not be made took no time", async () => {
  const text = await fullText();
  equal(text.includes('maglev_probe_duration_seconds_count{backend="web2"'), false);
});

Deno.test("who shows no certificate has no series of one", async () => {
  const text = await fullText();
  const series = text.split("\n").filter((line) => line.startsWith("maglev_probe_certificate"));
  deepEqual(series.map((line) => line.split(" ")[0]), [
    'maglev_probe_certificate_expiry_seconds{backend="web1"}',
    'maglev_probe_certificate_expiry_seconds{backend="web2"}',
  ]);
});

Deno.test("certificates of TLS tell when they end, those that there are", async () => {
  const shown = async (bed: MetricsBed) => {
    const series = (await scrapeText(bed.metrics)).split("\n");
    return series.filter((line) => line.startsWith("maglev_tls_certificate"));
  };
  using both = new MetricsBed();
  deepEqual(await shown(both), [
    'maglev_tls_certificate_expiry_seconds{use="server"} 1900000000.5',
    'maglev_tls_certificate_expiry_seconds{use="client_ca"} 2000000000',
  ]);
  using own = new MetricsBed({ certificateEnds: () => ({ server: 1e12, clientCa: undefined }) });
  deepEqual(await shown(own), ['maglev_tls_certificate_expiry_seconds{use="server"} 1000000000']);
  using none = new MetricsBed({ certificateEnds: () => undefined });
  deepEqual(await shown(none), []);
});

Deno.test("every method has its series before its first call", async () => {
  using bed = new MetricsBed();
  const text = await scrapeText(bed.metrics);
  const method = 'grpc_method="WatchEvents",grpc_service="maglev.Maglev",grpc_type="server_stream"';
  ok(text.includes(`grpc_server_started_total{${method}} 0\n`));
  ok(text.includes(`grpc_server_handled_total{${method},grpc_code="Unavailable"} 0\n`));
  ok(text.includes(`grpc_server_handling_seconds_count{${method}} 0\n`));
  ok(text.includes('grpc_method="Check",grpc_service="grpc.health.v1.Health"'));
  for (const result of ["OK", "PermissionDenied"]) {
    ok(text.includes(`maglev_audit_total{method="ReloadConfig",result="${result}"} 0\n`));
  }
  equal(text.includes('maglev_audit_total{method="GetBackend"'), false);
  bed.metrics.rpcObserver.audited("WatchEvents", "PermissionDenied");
  const counted = 'maglev_audit_total{method="WatchEvents",result="PermissionDenied"} 1\n';
  ok((await scrapeText(bed.metrics)).includes(counted));
});

Deno.test("a removed backend's series are gone, those of others stay", async () => {
  using bed = full();
  const { metrics, bench } = bed;
  metrics.checkerObserver.transition("web2", "unknown", "up");
  await bench.reload(sketch({ backends: { web2: {} } }));
  metrics.checkerObserver.removed("web1");
  const text = await scrapeText(metrics);
  equal(text.includes('"web1"'), false);
  ok(text.includes('backend="web2"'));
});

Deno.test("without VPP its families are declared and have no series", async () => {
  using bed = new MetricsBed();
  const text = await scrapeText(bed.metrics);
  ok(text.includes("# TYPE maglev_vpp_connected gauge\n"));
  equal(/^maglev_vpp_/m.test(text), false);
});

Deno.test("a failed reload is counted and keeps the time of the last good one", async () => {
  using bed = full();
  const { metrics, bench: { clock } } = bed;
  const loaded = clock.wall() / 1000;
  clock.advance(60_000);
  metrics.reloaded(false);
  const text = await scrapeText(metrics);
  ok(text.includes("maglev_config_last_reload_successful 0\n"));
  ok(text.includes(`maglev_config_last_reload_success_timestamp_seconds ${loaded}\n`));
  ok(text.includes('maglev_config_reloads_total{result="failure"} 1\n'));
});

Deno.test("the lag of the event loop is measured once a second", async () => {
  using bed = full();
  const { metrics, bench: { clock } } = bed;
  clock.advance(1000);
  const text = await scrapeText(metrics);
  ok(text.includes("maglev_event_loop_lag_seconds_count 1\n"));
});

Deno.test("the lag is how late a second was, of the next one anew, until it is closed", () => {
  const fake = new FakeClock();
  let lateMs = 0;
  const clock: Clock = {
    now: () => fake.now() + lateMs,
    wall: () => fake.wall(),
    turn: fake.turn,
    after: (ms, run) => fake.after(ms, run),
  };
  const seen: number[] = [];
  const stop = watchLoopLag(clock, (seconds) => seen.push(seconds));
  fake.advance(1_000);
  lateMs += 250;
  fake.advance(1_000);
  fake.advance(1_000);
  deepEqual(seen.map((seconds) => Math.round(seconds * 1_000)), [0, 250, 0]);
  stop();
  fake.advance(10_000);
  deepEqual([seen.length, fake.pending], [3, 0]);
});

Deno.test(
  needing(havePrograms("promtool"), "promtool", "promtool finds nothing to say about a scrape"),
  async () => {
    const text = await fullText();
    deepEqual(await judge("promtool", ["check", "metrics"], text), { code: 0, output: "" });
  },
);

const parse = `
import sys
from prometheus_client.parser import text_string_to_metric_families as read
for family in read(sys.stdin.read()):
    print(family.type, family.name, len(family.samples))
`;

Deno.test(
  needing(
    havePythonModules("prometheus_client"),
    "python3-prometheus-client",
    "Prometheus' own Python parser reads every series of a scrape",
  ),
  async () => {
    const text = await fullText();
    const { code, output } = await judge("/usr/bin/python3", ["-c", parse], text);
    equal(code, 0, output);
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
    const read = output.trim().split("\n").map((line) => Number(line.split(" ")[2]));
    equal(read.reduce((a, b) => a + b), series);
    equal(read.length, sections.flatMap(({ families }) => families).length);
  },
);

Deno.test("docs/metrics.md names exactly the families of a scrape, with type and labels", async () => {
  const text = await fullText();
  const scraped = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((
    [, name, type],
  ) => [name, type]);
  const committed = await Deno.readTextFile(new URL("../../docs/metrics.md", import.meta.url));
  const rows = (document: string) =>
    [...document.matchAll(/^\| `([^`]+)` *\| (\w+) *\| (.*?) *\|/gm)]
      .map(([, name, type, labels]) => [name, type, labels]);
  deepEqual(rows(committed).map(([name, type]) => [name, type]), scraped);
  deepEqual(rows(committed), rows(metricsDocument()));
});
