import assert from "node:assert/strict";
import { Bed } from "./bed.ts";
import type { ConfigWish } from "./wishes.ts";

const web: ConfigWish = {
  backends: { b1: "10.0.0.1", b2: "10.0.0.2", b3: "10.0.0.3" },
  frontends: {
    web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
  },
};

Deno.test("counters that cannot be read are a warning, but not when VPP dies meanwhile", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const end = bed.sim.beginStatsChange();
  await bed.pass(6_000);
  end();
  assert.equal(bed.log.named("vpp-stats-unreadable").length, 1);
  assert.ok(bed.vpp.info());
  await bed.pass(4_000);
  bed.sim.beginStatsChange();
  // Within a reading, which is given up after 120 ms.
  await bed.pass(160);
  bed.sim.kill();
  await bed.pass(1_000);
  assert.equal(bed.log.named("vpp-stats-unreadable").length, 1);
});

Deno.test("counters that cannot be read three times in a row end the connection", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.beginStatsChange();
  await bed.pass(14_000);
  assert.ok(bed.vpp.info());
  await bed.pass(2_000);
  assert.match(bed.vppEvents().at(-1) ?? "", /^lost VPP kept changing the stats segment/);
});
