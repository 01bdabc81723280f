import { deepEqual } from "node:assert/strict";
import { MetricsBed, scrapeText } from "./support.ts";

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
