import assert from "node:assert/strict";
import { toJson } from "@bufbuild/protobuf";
import {
  backendToProto,
  frontendToProto,
  healthcheckToProto,
  nanoseconds,
} from "../../../lib/api/convert/objects.ts";
import type { BackendSnapshot, FrontendSnapshot } from "../../../lib/checker/mod.ts";
import {
  BackendInfoSchema,
  FrontendInfoSchema,
  HealthCheckInfoSchema,
} from "../../../lib/gen/maglev_pb.ts";
import { fail, pass } from "../../checker/support/bench.ts";
import { steer } from "../../support/steer.ts";
import { CheckerBed } from "../support/checker_bed.ts";
import { smallConfig } from "../support/small_config.ts";

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

Deno.test("of a drain is told what VPP still sends there, where that is known", () => {
  using bed = new CheckerBed();
  const [backend, trend] = [bed.checker.backend("web0"), bed.checker.trend("web0")];
  assert.ok(backend && trend);
  const said = { by: { name: "ada", from: "192.0.2.7" }, at: 1 };
  const of = (more: Partial<NonNullable<BackendSnapshot["drain"]>>) => {
    const drain = {
      said,
      deadlineAt: undefined,
      drainedAt: undefined,
      packetsPerSecond: undefined,
    };
    const info = backendToProto({ ...backend, drain: { ...drain, ...more } }, trend);
    return toJson(BackendInfoSchema, info, names);
  };
  const begun = { actor: { name: "ada", from: "192.0.2.7" }, since_unix_ns: "1000000" };
  assert.partialDeepStrictEqual(of({}), { drain: begun });
  assert.equal(JSON.stringify(of({})).includes("packets_per_second"), false);
  const more = { deadlineAt: 3, drainedAt: 2, packetsPerSecond: 0 };
  assert.partialDeepStrictEqual(of(more), {
    drain: {
      ...begun,
      ...{ deadline_unix_ns: "3000000", drained_unix_ns: "2000000", packets_per_second: 0 },
    },
  });
});

Deno.test("a probe that passed is shown as such", () => {
  using bed = new CheckerBed();
  bed.probe("web1", pass);
  const [backend, trend] = [bed.checker.backend("web1"), bed.checker.trend("web1")];
  assert.ok(backend && trend);
  assert.partialDeepStrictEqual(backendToProto(backend, trend).lastProbe, {
    ok: true,
    code: "L7OK",
  });
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

Deno.test("a frontend shows weights, effective weights and states per pool", () => {
  using bed = new CheckerBed();
  bed.move("web0", "up");
  const { checker } = bed;
  const www = checker.frontend("www");
  assert.ok(www);
  const info = frontendToProto(www, (name) => checker.backend(name));
  const sinceOf = (name: string) => {
    const { since = 0 } = checker.backend(name) ?? {};
    return { since_unix_ns: `${BigInt(since) * 1_000_000n}` };
  };
  assert.deepEqual(toJson(FrontendInfoSchema, info, names), {
    name: "www",
    address: "203.0.113.1",
    protocol: "tcp",
    port: 443,
    description: "the www service",
    fail_open: "never",
    flush_on_down: true,
    state: "up",
    active_pool: "primary",
    pools: [
      {
        name: "primary",
        backends: [
          {
            name: "web0",
            weight: 100,
            effective_weight: 100,
            state: "up",
            reason: "carries",
            ...sinceOf("web0"),
          },
          { name: "web1", weight: 100, state: "unknown", reason: "kept", ...sinceOf("web1") },
        ],
      },
      {
        name: "fallback",
        backends: [
          { name: "web2", weight: 100, state: "unknown", reason: "kept", ...sinceOf("web2") },
          { name: "web3", weight: 100, state: "unknown", reason: "kept", ...sinceOf("web3") },
        ],
      },
    ],
  });
});

Deno.test("effective weights are kept apart by pool", () => {
  const www = smallConfig().frontends.get("www");
  assert.ok(www);
  const pool = { name: "p", backends: [{ backend: "a", weight: 5 }] };
  const config = { ...www, pools: [pool, { ...pool, name: "q" }] };
  const snapshot: FrontendSnapshot = {
    config,
    file: config,
    state: "up",
    activePool: "q",
    weights: [
      { backend: "a", pool: "p", weight: 0, flush: false, reason: { kind: "standby" } },
      { backend: "a", pool: "q", weight: 5, flush: false, reason: { kind: "carries" } },
    ],
    byHand: [],
    failOpenSince: undefined,
    slowStarts: new Map(),
  };
  const info = frontendToProto(snapshot, () => undefined);
  assert.deepEqual(
    info.pools.map(({ backends }) => backends.map(({ effectiveWeight }) => effectiveWeight)),
    [[0], [5]],
  );
});

Deno.test("a frontend shows of which backends somebody has set the state", () => {
  using bed = new CheckerBed();
  const { checker } = bed;
  steer(checker).disable("web1", { name: "anna", from: "192.0.2.7" });
  const www = checker.frontend("www");
  assert.ok(www);
  const info = frontendToProto(www, (name) => checker.backend(name));
  const [web0, web1] = info.pools[0]?.backends ?? [];
  assert.equal(web0?.stateByHand, undefined);
  assert.partialDeepStrictEqual(web1?.stateByHand, {
    ...{ value: "disabled", file: "enabled" },
    actor: { name: "anna", from: "192.0.2.7" },
  });
});

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

Deno.test("times that are no numbers become 0 instead of an exception", () => {
  assert.deepEqual([NaN, Infinity, 1.0000005, 0].map(nanoseconds), [0n, 0n, 1_000_001n, 0n]);
});
