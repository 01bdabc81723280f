import assert from "node:assert/strict";
import type { LbCounters } from "../../lib/vpp/mod.ts";
import { trafficOf } from "../../lib/vpp/mod.ts";

const counters: LbCounters = {
  ...{ at: 17, vips: [], addresses: [] },
  servers: [
    { address: "10.0.0.1", packets: 7, bytes: 700 },
    { address: "10.0.0.2", packets: 0, bytes: 0 },
    { address: "10.0.0.3", packets: 0, bytes: 0, isUnknown: true },
  ],
};

Deno.test("the traffic of a server is that of its address, if that is counted at all", () => {
  const traffic = trafficOf(counters) ?? assert.fail();
  assert.equal(traffic.at, 17);
  assert.equal(traffic.packetsTo("10.0.0.1"), 7);
  assert.equal(traffic.packetsTo("10.0.0.2"), 0);
  assert.equal(traffic.packetsTo("10.0.0.3"), undefined, "that nothing was counted proves nothing");
  assert.equal(traffic.packetsTo("10.0.0.9"), undefined);
});

Deno.test("what was never read is no traffic of 0", () => {
  assert.equal(trafficOf(undefined), undefined);
  assert.equal(trafficOf({ ...counters, at: 0 }), undefined);
});
