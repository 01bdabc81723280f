import { toJson } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { HealthCheckInfoSchema } from "../../../lib/gen/maglev_pb.ts";
import { healthcheckToProto } from "../../../lib/api/convert/healthcheck.ts";
import { smallConfig } from "../support/small_config.ts";

const names = { useProtoFieldName: true };

Deno.test("each type of health check shows its own parameters and no others", () => {
  const checks = [...smallConfig().healthchecks.values()];
  const shown = checks.sort((a, b) => a.name < b.name ? -1 : 1)
    .map((check) => toJson(HealthCheckInfoSchema, healthcheckToProto(check), names));
  const timing = {
    probe_ipv4_src: "192.0.2.1",
    interval_ns: "2000000000",
    fast_interval_ns: "500500000",
    down_interval_ns: "30000000000",
    timeout_ns: "1500000000",
    rise: 2,
    fall: 3,
  };
  const tls = { server_name: "www.example.net", insecure_skip_verify: true };
  assert.deepEqual(shown, [
    { ...timing, name: "imaps", type: "tcp", port: 993, tcp: { ssl: true, ...tls } },
    { ...timing, name: "ping", type: "icmp" },
    { ...timing, name: "smtp", type: "tcp", port: 25, tcp: {} },
    {
      ...timing,
      name: "web",
      type: "https",
      port: 443,
      http: {
        path: "/healthz",
        host: "www.example.net",
        response_code_min: 200,
        response_code_max: 299,
        response_regexp: "ok",
        ...tls,
      },
    },
  ]);
});
