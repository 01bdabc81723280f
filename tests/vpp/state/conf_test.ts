import assert from "node:assert/strict";
import { EncodeError } from "../../../lib/binapi/mod.ts";
import type { LbConfig } from "../../../lib/config/mod.ts";
import { RetvalError } from "../../../lib/vppclient/mod.ts";
import type { LbConf } from "../../../lib/vpp/mod.ts";
import {
  confDifference,
  confOf,
  confRequest,
  describeConf,
  readConf,
  setConf,
} from "../../../lib/vpp/state/conf.ts";
import { ip } from "../../support/ip.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

const conf = {
  ...{ ipv4Source: ip("203.0.113.1"), ipv6Source: ip("2001:db8::1") },
  ...{ stickyBucketsPerCore: 1024, flowTimeoutSeconds: 40 },
};
const config: LbConfig = {
  ...{ ...conf, buckets: 1024, syncIntervalMs: 30_000 },
  ...{ startupMinDelayMs: 0, startupMaxDelayMs: 0 },
};
const shown = "ipv4-src-address=203.0.113.1 ipv6-src-address=2001:db8::1 " +
  "sticky-buckets-per-core=1024 flow-timeout=40s";

/** A client that answers every request so, or fails. */
function client(answer: () => unknown) {
  const sent: unknown[] = [];
  const request = (_: unknown, fields: unknown) => {
    sent.push(fields);
    return Promise.try(answer);
  };
  return { sent, client: { request } as Parameters<typeof readConf>[0] };
}

Deno.test("the settings are read as VPP tells them", async () => {
  const { client: vpp } = client(() => ({ retval: 0, ...confRequest(conf) }));
  assert.deepEqual(await readConf(vpp), conf);
});

Deno.test("what is as configured already is not set", async () => {
  const log = new RecordedLog();
  const { client: vpp, sent } = client(() => ({}));
  assert.equal(await setConf(vpp, conf, config, log), undefined);
  assert.deepEqual([sent, log.lines], [[], []]);
});

const other: LbConf = { ...conf, flowTimeoutSeconds: 20 };

Deno.test("what differs is set, and told with all that is set", async () => {
  const log = new RecordedLog();
  const { client: vpp, sent } = client(() => ({}));
  assert.equal(await setConf(vpp, other, config, log), undefined);
  assert.deepEqual(sent, [confRequest(conf)]);
  assert.deepEqual(log.lines, [
    `info vpp-lb-conf-set change=flow-timeout 20s -> 40s ${shown}`,
  ]);
});

Deno.test("a refusal is told and is no end, whatever else goes wrong is", async () => {
  for (const error of [new RetvalError("lb_conf", -1), new EncodeError("too long")]) {
    const log = new RecordedLog();
    const { client: vpp } = client(() => Promise.reject(error));
    assert.equal(
      await setConf(vpp, other, config, log),
      `global settings: flow-timeout 20s -> 40s: ${error.message}`,
    );
    assert.deepEqual(log.lines, [
      `warn vpp-lb-conf-set-failed change=flow-timeout 20s -> 40s ${shown} err=${error.message}`,
    ]);
  }
  const gone = new Error("VPP closed the connection");
  const { client: vpp } = client(() => Promise.reject(gone));
  await assert.rejects(setConf(vpp, other, config, new RecordedLog()), gone);
});

const never = { ipv4Source: undefined, ipv6Source: undefined };
const allOnes = {
  ip4_src_address: ip("255.255.255.255"),
  ip6_src_address: ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
};

Deno.test("what is sent reads back the same, addresses that were never set as well", () => {
  for (const each of [conf, { ...conf, ...never }, { ...conf, ipv6Source: undefined }]) {
    assert.deepEqual(confOf({ retval: 0, ...confRequest(each) }), each);
  }
  const { ip4_src_address: outer4, ip6_src_address: outer6 } = confRequest(conf);
  assert.deepEqual([outer4.text, outer6.text], ["203.0.113.1", "2001:db8::1"]);
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
