import { toJson } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import {
  PlanVPPLBStateResponseSchema,
  VPPInfoSchema,
  VPPLBCountersSchema,
  VPPLBStateSchema,
} from "../../../lib/gen/maglev_pb.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import {
  changesToProto,
  countersToProto,
  lbStateToProto,
  planToProto,
  vppInfoToProto,
  VppNames,
} from "../../../lib/api/convert/vpp.ts";
import { smallConfig } from "../support/small_config.ts";
import { ip } from "../../support/ip.ts";

const names = { useProtoFieldName: true };

/** Of addresses that the configuration does not have. */
const called = new VppNames(smallConfig());

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
