import assert from "node:assert/strict";
import { confDifference, confOf, confRequest, describeConf } from "../../../lib/vpp/lb/mod.ts";
import { ip } from "../../support/ip.ts";

const conf = {
  ipv4Source: ip("203.0.113.1"),
  ipv6Source: ip("2001:db8::1"),
  stickyBucketsPerCore: 1024,
  flowTimeoutSeconds: 40,
};
const never = { ipv4Source: undefined, ipv6Source: undefined };
const allOnes = {
  ip4_src_address: ip("255.255.255.255"),
  ip6_src_address: ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
};

Deno.test("what is sent reads back the same, addresses that were never set as well", () => {
  for (const each of [conf, { ...conf, ...never }, { ...conf, ipv6Source: undefined }]) {
    assert.deepEqual(confOf({ retval: 0, ...confRequest(each) }), each);
  }
  const { sticky_buckets_per_core, flow_timeout, ...sources } = confRequest({ ...conf, ...never });
  assert.deepEqual(sources, allOnes, "VPP's own way to say that there is none");
  assert.deepEqual([sticky_buckets_per_core, flow_timeout], [1024, 40]);
});

Deno.test("each setting that differs is named, from what to what, and no other", () => {
  assert.equal(confDifference(conf, conf), "");
  assert.equal(
    confDifference({ ...conf, ipv4Source: undefined }, conf),
    "ipv4-src-address unset -> 203.0.113.1",
  );
  assert.equal(
    confDifference(conf, {
      ipv4Source: ip("203.0.113.2"),
      ...{ ipv6Source: undefined, stickyBucketsPerCore: 512, flowTimeoutSeconds: 60 },
    }),
    "ipv4-src-address 203.0.113.1 -> 203.0.113.2, ipv6-src-address 2001:db8::1 -> unset, " +
      "sticky-buckets-per-core 1024 -> 512, flow-timeout 40s -> 60s",
  );
});

Deno.test("in a plan the settings are a line of no VIP", () => {
  assert.deepEqual(describeConf("flow-timeout 40s -> 60s"), {
    ...{ kind: "conf-set", prefix: "", protocol: "", port: 0, address: "", frontend: "" },
    detail: "flow-timeout 40s -> 60s",
  });
});
