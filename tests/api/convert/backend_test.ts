import { toJson } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { BackendInfoSchema } from "../../../lib/gen/maglev_pb.ts";
import { backendToProto } from "../../../lib/api/convert/backend.ts";
import { nanoseconds } from "../../../lib/api/convert/time.ts";
import { fail, pass } from "../../checker/support/bench.ts";
import { CheckerBed } from "../support/checker_bed.ts";

const names = { useProtoFieldName: true };

Deno.test("a backend's every field reaches the wire", () => {
  using bed = new CheckerBed();
  bed.clock.advance(0.25);
  const certificateEnd = 1_800_000_000_000;
  bed.probe("web1", { ...pass, durationMs: 3, certificateEnd });
  for (const result of [fail, fail, fail]) bed.probe("web1", result);
  const backend = bed.checker.backend("web1");
  const trend = bed.checker.trend("web1");
  assert.ok(backend && trend);
  const at = (ms: number | undefined) => String(nanoseconds(ms ?? 0));
  const [down, up] = backend.transitions;
  assert.deepEqual(toJson(BackendInfoSchema, backendToProto(backend, trend), names), {
    name: "web1",
    address: "198.51.0.2",
    state: "down",
    transitions: [
      {
        ...{ from: "up", to: "down", at_unix_ns: at(down?.at) },
        ...{ code: "L7STS", detail: "status 503" },
      },
      {
        ...{ from: "unknown", to: "up", at_unix_ns: at(up?.at) },
        ...{ code: "L7OK", detail: "status 200" },
      },
    ],
    enabled: true,
    healthcheck: "web",
    last_probe: {
      code: "L7STS",
      detail: "status 503",
      duration_ns: "1000000",
      at_unix_ns: at(backend.lastProbe?.at),
    },
    since_unix_ns: at(backend.since),
    frontends: ["api", "www"],
    probe_times: { count: 4, p50_ns: "1000000", p95_ns: "3000000", max_ns: "3000000" },
    timeout_ns: "1500000000",
    recent_changes: 1,
    certificate_end_unix_ns: "1800000000000000000",
  });
  assert.notEqual(at(down?.at), at(up?.at));
});

Deno.test("a backend that was never probed has no last probe", () => {
  using bed = new CheckerBed();
  const [backend, trend] = [bed.checker.backend("web0"), bed.checker.trend("web0")];
  assert.ok(backend && trend);
  const { lastProbe, probeTimes, certificateEndUnixNs } = backendToProto(backend, trend);
  assert.deepEqual([lastProbe, probeTimes, certificateEndUnixNs], [undefined, undefined, 0n]);
});

Deno.test("a hold reaches the wire, with whether the probes pass", () => {
  using bed = new CheckerBed();
  const [backend, trend] = [bed.checker.backend("web1"), bed.checker.trend("web1")];
  assert.ok(backend && trend);
  const flapHold = { since: 1_700_000_000_000, until: 1_700_000_060_000, isPassing: true };
  const info = backendToProto({ ...backend, flapHold }, trend);
  assert.partialDeepStrictEqual(info.flapHold, {
    sinceUnixNs: 1_700_000_000_000_000_000n,
    untilUnixNs: 1_700_000_060_000_000_000n,
    passing: true,
  });
});
