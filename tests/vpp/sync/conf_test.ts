import assert from "node:assert/strict";
import { EncodeError } from "../../../lib/binapi/mod.ts";
import type { LbConfig } from "../../../lib/config/mod.ts";
import { RetvalError } from "../../../lib/vpp/client/mod.ts";
import { confRequest } from "../../../lib/vpp/lb/mod.ts";
import type { LbConf } from "../../../lib/vpp/mod.ts";
import { readConf, setConf } from "../../../lib/vpp/sync/conf.ts";
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
