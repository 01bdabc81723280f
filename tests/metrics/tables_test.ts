import { deepEqual } from "node:assert/strict";
import type { MetricsSources } from "../../lib/metrics/mod.ts";
import type { Clock } from "../../lib/time/mod.ts";
import { fakeVpp, MetricsBed, scrapeText } from "./support.ts";

Deno.test("of an RPC its method, service and type are told, each under its own name", async () => {
  using bed = new MetricsBed();
  const { rpcObserver } = bed.metrics;
  const rpc = {
    service: "maglev.Maglev",
    method: "WatchEvents",
    type: "server_stream",
  } as const;
  rpcObserver.started(rpc);
  rpcObserver.msgReceived(rpc);
  for (let i = 0; i < 3; i++) rpcObserver.msgSent(rpc);
  rpcObserver.handled(rpc, "NotFound", 0.02);
  const lines = (await scrapeText(bed.metrics)).split("\n");
  const labels = 'grpc_method="WatchEvents",grpc_service="maglev.Maglev",grpc_type="server_stream"';
  const told = lines.filter((line) => line.includes("WatchEvents") && !/ 0$/.test(line));
  deepEqual(told.filter((line) => !line.includes("_bucket")), [
    `grpc_server_started_total{${labels}} 1`,
    `grpc_server_handled_total{${labels},grpc_code="NotFound"} 1`,
    `grpc_server_msg_received_total{${labels}} 1`,
    `grpc_server_msg_sent_total{${labels}} 3`,
    `grpc_server_handling_seconds_sum{${labels}} 0.02`,
    `grpc_server_handling_seconds_count{${labels}} 1`,
  ]);
});

/** The series of one family. */
async function seriesOf(bed: MetricsBed, family: string): Promise<string[]> {
  const lines = (await scrapeText(bed.metrics)).split("\n");
  return lines.filter((line) => line.startsWith(`${family} `) || line.startsWith(`${family}{`));
}

Deno.test("connections are counted by server, and told while they are open", async () => {
  using bed = new MetricsBed();
  const grpc = bed.metrics.connectionObserver("grpc");
  const metrics = bed.metrics.connectionObserver("metrics");
  for (let i = 0; i < 3; i++) grpc.opened();
  grpc.closed();
  metrics.opened();
  metrics.refused();
  grpc.displaced();
  grpc.failed();
  metrics.delayed?.("own");
  deepEqual(await seriesOf(bed, "maglev_connections"), [
    'maglev_connections{server="grpc"} 2',
    'maglev_connections{server="metrics"} 1',
  ]);
  const of = (server: string, result: string, count: number) =>
    `maglev_connections_total{server="${server}",result="${result}"} ${count}`;
  deepEqual(await seriesOf(bed, "maglev_connections_total"), [
    ...[of("grpc", "accepted", 3), of("grpc", "refused", 0), of("grpc", "displaced", 1)],
    ...[of("grpc", "failed", 1), of("metrics", "accepted", 1), of("metrics", "refused", 1)],
    ...[of("metrics", "displaced", 0), of("metrics", "failed", 0)],
  ]);
});

Deno.test("what has not happened to the daemon yet has its series, which are zero", async () => {
  using bed = new MetricsBed();
  const { metrics } = bed;
  const told = async () => {
    const lines = (await scrapeText(metrics)).split("\n");
    const some = /^maglev_(config|unhandled_errors|task_failures|event_loop_lag_seconds_count)/;
    return lines.filter((line) => some.test(line)).map((line) => line.replace("maglev_", ""));
  };
  const before = await told();
  deepEqual(
    before.toSorted(),
    [
      'config_reloads_total{result="failure"} 0',
      'config_reloads_total{result="success"} 0',
      "config_last_reload_successful 0",
      "event_loop_lag_seconds_count 0",
      'task_failures_total{task="vpp-link"} 0',
      "unhandled_errors_total 0",
    ].toSorted(),
  );
  metrics.unhandledError();
  metrics.taskFailed("follow-log");
  metrics.reloaded(true);
  const after = await told();
  deepEqual(after.filter((line) => !before.includes(line)).toSorted(), [
    "config_last_reload_success_timestamp_seconds 1700000000.6",
    "config_last_reload_successful 1",
    'config_reloads_total{result="success"} 1',
    'task_failures_total{task="follow-log"} 1',
    "unhandled_errors_total 1",
  ]);
});

Deno.test("what was counted elsewhere is fetched for each scrape, before any of it is shown", async () => {
  using bed = new MetricsBed();
  const { metrics } = bed;
  const checker = {
    backendNames: () => [],
    frontendNames: () => [],
    *tally() {
      for (const backend of ["web1", "web2"]) {
        metrics.checkerObserver.transition(backend, "up", "down");
        yield;
      }
    },
  } as unknown as MetricsSources["checker"];
  const stats = { delayed: 0, late: 0, maxLatenessMs: 0, stalls: 0, excused: 0, done: 0 };
  metrics.attach({
    ...{ checker, vpp: undefined, logDropped: () => 0, certificateEnds: () => undefined },
    ...{ checkerStats: () => ({ ...stats, running: 0, scheduled: 0 }), budgets: () => [] },
  });
  for (const count of [1, 2]) {
    deepEqual(await seriesOf(bed, "maglev_backend_transitions_total"), [
      `maglev_backend_transitions_total{backend="web1",from="up",to="down"} ${count}`,
      `maglev_backend_transitions_total{backend="web2",from="up",to="down"} ${count}`,
    ]);
  }
});

Deno.test("that nobody has altered VPP is told, and counters before they are read are not", async () => {
  const vpp = (clock: Clock) => {
    const service = fakeVpp(clock);
    const counters = service.counters();
    return { ...service, counters: () => counters && { ...counters, at: 0 } };
  };
  using bed = new MetricsBed({ vpp });
  deepEqual(await seriesOf(bed, "maglev_vpp_altered_total"), ["maglev_vpp_altered_total 0"]);
  deepEqual(await seriesOf(bed, "maglev_vpp_server_bytes_total"), []);
});
