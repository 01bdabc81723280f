import { toJson } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import {
  BackendInfoSchema,
  CheckConfigResponseSchema,
  FrontendInfoSchema,
  HealthCheckInfoSchema,
  PlanVPPLBStateResponseSchema,
  ReloadConfigResponseSchema,
  VPPInfoSchema,
  VPPLBCountersSchema,
  VPPLBStateSchema,
} from "../../../lib/gen/maglev_pb.ts";
import type { FrontendSnapshot } from "../../../lib/checker/mod.ts";
import { backendToProto } from "../../../lib/rpc/convert/backend.ts";
import { checkOutcomeToProto, reloadOutcomeToProto } from "../../../lib/rpc/convert/config.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { frontendToProto } from "../../../lib/rpc/convert/frontend.ts";
import { healthcheckToProto } from "../../../lib/rpc/convert/healthcheck.ts";
import { nanoseconds } from "../../../lib/rpc/convert/time.ts";
import {
  changesToProto,
  countersToProto,
  lbStateToProto,
  planToProto,
  vppInfoToProto,
  VppNames,
} from "../../../lib/rpc/convert/vpp.ts";
import { fail, pass } from "../../checker/support.ts";
import { CheckerBed } from "../checker_bed.ts";
import { smallConfig } from "../small_config.ts";
import { ip } from "../../support/ip.ts";

const names = { useProtoFieldName: true };

/** Of addresses that the configuration does not have. */
const called = new VppNames(smallConfig());

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

Deno.test("VPP's version and times reach the wire", () => {
  const info = vppInfoToProto({
    version: "25.10",
    buildDate: "2025-10-01",
    buildDirectory: "/src",
    pid: 42,
    bootTime: 1_700_000_000_000,
    connectedSince: 1_700_000_005_000,
  }, undefined);
  assert.deepEqual(toJson(VPPInfoSchema, info, names), {
    version: "25.10",
    build_date: "2025-10-01",
    build_directory: "/src",
    pid: 42,
    boottime_ns: "1700000000000000000",
    connecttime_ns: "1700000005000000000",
  });
});

const clock = new FakeClock();
const how = [called, clock] as const;

Deno.test("the lb plugin's state reaches the wire, addresses never set are empty", async () => {
  const state = await lbStateToProto({
    conf: {
      ipv4Source: ip("192.0.2.1"),
      ipv6Source: undefined,
      stickyBucketsPerCore: 1024,
      flowTimeoutSeconds: 40,
    },
    vips: [{
      address: ip("2001:db8::2"),
      prefixLength: 128,
      protocol: 6,
      port: 443,
      encap: "gre4",
      srcIpSticky: true,
      flowTableLength: 1024,
      servers: [{
        address: ip("198.51.100.1"),
        weight: 100,
        flags: 1,
        buckets: 512,
      }],
    }],
  }, ...how);
  assert.deepEqual(toJson(VPPLBStateSchema, state, names), {
    conf: { ip4_src_address: "192.0.2.1", sticky_buckets_per_core: 1024, flow_timeout: 40 },
    vips: [{
      prefix: "2001:db8::2/128",
      protocol: 6,
      port: 443,
      encap: "gre4",
      flow_table_length: 1024,
      src_ip_sticky: true,
      application_servers: [{
        address: "198.51.100.1",
        weight: 100,
        flags: 1,
        num_buckets: 512,
      }],
    }],
  });
});

Deno.test("counters reach the wire exactly up to 2^53, and nonsense as 0", async () => {
  const counters = await countersToProto({
    at: 1_700_000_000_000,
    vips: [{
      prefix: "192.0.2.1/32",
      protocol: "tcp",
      port: 80,
      next: Number.MAX_SAFE_INTEGER,
      first: 1,
      untracked: 3,
      noServer: -1,
    }, {
      ...{ prefix: "192.0.2.1/32", protocol: "tcp", port: 443 },
      ...{ next: 0, first: 0, untracked: 0, noServer: 0 },
    }],
    addresses: [{ prefix: "192.0.2.1/32", packets: NaN, bytes: 6 }],
    servers: [{ address: "198.51.100.1", packets: 7, bytes: 8 }],
  }, ...how);
  assert.deepEqual(toJson(VPPLBCountersSchema, counters, names), {
    at_unix_ns: "1700000000000000000",
    vips: [{
      prefix: "192.0.2.1/32",
      protocol: "tcp",
      port: 80,
      next_packet: "9007199254740991",
      first_packet: "1",
      untracked_packet: "3",
      bytes: "6",
    }, {
      prefix: "192.0.2.1/32",
      protocol: "tcp",
      port: 443,
      bytes: "6",
    }],
    addresses: [{ prefix: "192.0.2.1/32", bytes: "6" }],
    servers: [{ address: "198.51.100.1", packets: "7", bytes: "8" }],
  });
});

Deno.test("a plan keeps its order", async () => {
  const change = {
    kind: "as-weight",
    prefix: "192.0.2.1/32",
    protocol: "tcp",
    port: 80,
    address: "198.51.100.1",
    detail: "weight 100 -> 0, flush",
    frontend: "www",
  } as const;
  const move = { prefix: "192.0.2.1/32", protocol: "tcp", port: 80, frontend: "www", share: .5 };
  const changes = [change, { ...change, kind: "as-del", detail: "" } as const];
  const plan = await planToProto({ changes, moves: [move] }, { phase: "over" }, ...how);
  assert.deepEqual(toJson(PlanVPPLBStateResponseSchema, plan, names), {
    changes: [
      change,
      {
        kind: "as-del",
        prefix: "192.0.2.1/32",
        protocol: "tcp",
        port: 80,
        address: "198.51.100.1",
        frontend: "www",
      },
    ],
    moves: [move],
  });
});

Deno.test("a plan of the warm-up says when it is carried out", async () => {
  const nothing = { changes: [], moves: [] };
  const told = async (phase: "quiet" | "settling") => {
    const plan = await planToProto(nothing, { phase, until: 7 }, ...how);
    return [plan.notBeforeUnixNs, plan.notAfterUnixNs];
  };
  assert.deepEqual([await told("quiet"), await told("settling")], [[7_000_000n, 0n], [
    0n,
    7_000_000n,
  ]]);
});

Deno.test("VIPs and servers are called what the configuration calls them", async () => {
  const config = smallConfig();
  const named = new VppNames(config);
  const [www] = [config.frontends.get("www")];
  const web1 = config.backends.get("web1")?.address.text ?? "";
  assert.ok(www);
  const prefix = `${www.address.text}/${www.address.family === 4 ? 32 : 128}`;
  assert.equal(named.frontend(prefix, www.port === 0 ? "any" : www.protocol, www.port), "www");
  assert.equal(named.frontend(prefix, "udp", 9), "");
  assert.deepEqual([named.backend("www", web1), named.backend("www", "10.9.9.9")], ["web1", ""]);
  assert.equal(named.backend("nobody", web1), "");
  assert.ok(named.frontendsOn(prefix).includes("www"));
  assert.deepEqual([named.backendsAt(web1), named.backendsAt("10.9.9.9")], [["web1"], []]);
  const change = {
    ...{ kind: "as-add" as const, prefix, protocol: "tcp", port: 80, address: web1 },
    ...{ detail: "weight 1", frontend: "www" },
  };
  const vip = { ...change, kind: "vip-add" as const, address: "" };
  const told = await changesToProto([change, vip], named, clock);
  assert.deepEqual(told.map(({ backend }) => backend), ["web1", ""]);
});

Deno.test("each outcome of checking and reloading fills its own field", async () => {
  const message = "maglev.yaml:3:5: no";
  const check = async (kind: "ok" | "parse-error" | "semantic-error") =>
    toJson(CheckConfigResponseSchema, await checkOutcomeToProto({ kind, message }, clock), names);
  assert.deepEqual(await check("ok"), { ok: true });
  assert.deepEqual(await check("parse-error"), { parse_error: message });
  assert.deepEqual(await check("semantic-error"), { semantic_error: message });
  const reload = async (kind: "ok" | "parse-error" | "semantic-error" | "reload-error") =>
    toJson(ReloadConfigResponseSchema, await reloadOutcomeToProto({ kind, message }, clock), names);
  assert.deepEqual(await reload("ok"), { ok: true });
  assert.deepEqual(await reload("parse-error"), { parse_error: message });
  assert.deepEqual(await reload("semantic-error"), { semantic_error: message });
  assert.deepEqual(await reload("reload-error"), { reload_error: message });
});

Deno.test("times that are no numbers become 0 instead of an exception", () => {
  assert.deepEqual([NaN, Infinity, 1.0000005, 0].map(nanoseconds), [0n, 0n, 1_000_001n, 0n]);
});

Deno.test("a VIP whose address VPP has no counters of has none on the wire", async () => {
  const vip = { prefix: "192.0.2.9/32", protocol: "tcp", port: 80 } as const;
  const counts = { next: 0, first: 0, untracked: 0, noServer: 0 };
  const counters = await countersToProto({
    at: 1,
    vips: [{ ...vip, ...counts }],
    addresses: [],
    servers: [],
  }, ...how);
  assert.deepEqual(toJson(VPPLBCountersSchema, counters, names), {
    at_unix_ns: "1000000",
    vips: [vip],
  });
});
