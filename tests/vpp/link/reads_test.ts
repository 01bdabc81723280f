/** Reads, and changes that come meanwhile. */

import assert from "node:assert/strict";
import { Bed } from "../support/bed.ts";
import type { ConfigWish } from "../support/wishes.ts";

const web: ConfigWish = {
  backends: { b1: "10.0.0.1", b2: "10.0.0.2" },
  frontends: { web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }] } },
};
const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };

/** How often VPP was sent a request of this name. */
function sent(bed: Bed, name: string): number {
  return bed.sim.journal.requests(name).length;
}

Deno.test("a change does not wait behind hundreds of reads", async () => {
  await using bed = new Bed(web, { delayMs: 5 });
  await bed.start();
  const dumps = sent(bed, "lb_vip_dump");
  const reads = Promise.all(
    Array.from({ length: 900 }, (_, i) => i % 2 === 0 ? bed.vpp.state() : bed.vpp.plan()),
  );
  await bed.pass(1);
  bed.set("paused", "b1");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50");
  assert.equal(sent(bed, "lb_vip_dump"), dumps + 1, "one reading was before it");
  const answers = await bed.while(reads);
  assert.equal(answers.length, 900);
  assert.equal(sent(bed, "lb_vip_dump"), dumps + 1, "and served all of them");
  assert.equal(new Set<unknown>(answers).size, 2, "who asked the same share one answer");
});

Deno.test("with 900 readers a disable is on the wire at once, and in VPP within a round trip", async () => {
  await using bed = new Bed(web, { delayMs: 50 });
  await bed.start();
  const reads = Array.from({ length: 900 }, (_, i) => {
    const frontend = i % 3 === 0 ? "web" : undefined;
    return i % 2 === 0 ? bed.vpp.state() : bed.vpp.plan(frontend);
  });
  await bed.pass(20);
  for (let i = 0; i < 900; i++) reads.push(bed.vpp.state());
  const asked = bed.clock.now();
  bed.set("disabled", "b1");
  await bed.until(() => sent(bed, "lb_as_set_weight") > 0, "VPP is told");
  const set = bed.sim.journal.entries.findLast((entry) =>
    entry.kind === "request" && entry.request.name === "lb_as_set_weight"
  );
  assert.equal(Math.round((set?.at ?? 0) - asked), 50, "one way");
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50"]);
  const answers = await bed.while(Promise.all(reads));
  assert.equal(new Set<unknown>(answers).size, 4, "two readings, and what follows from each");
});

Deno.test("a plan of one frontend is not that of another, nor that of everything", async () => {
  const two = {
    ...web,
    frontends: {
      ...web.frontends,
      other: { vip: "192.0.2.2", key: "tcp 80", pools: [{ b1: 100 }] },
    },
  } satisfies ConfigWish;
  await using bed = new Bed(two, { delayMs: 5 });
  await bed.start();
  bed.sim.byHand.setWeight(vip, "10.0.0.2", 99);
  const names = ["web", "other", undefined, "web"];
  const plans = await bed.while(Promise.all(names.map((name) => bed.vpp.plan(name))));
  assert.deepEqual(plans.map(({ changes }) => changes.length), [1, 0, 1, 1]);
});

Deno.test("a change does not wait for a dump that is under way", async () => {
  await using bed = new Bed(web, { delayMs: 50 });
  await bed.start();
  const begun = bed.clock.now();
  const sync = bed.vpp.sync();
  await bed.pass(10);
  bed.set("paused", "b1");
  await bed.while(sync);
  const set = bed.sim.journal.entries.findLast((entry) =>
    entry.kind === "request" && entry.request.name === "lb_as_set_weight"
  );
  assert.equal(Math.round((set?.at ?? 0) - begun), 60, "on its way at once");
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50"]);
});

Deno.test("a read shows what VPP holds after the call, and ends with its caller's patience", async () => {
  await using bed = new Bed(web, { delayMs: 5 });
  await bed.start();
  const first = bed.vpp.state();
  await bed.pass(1);
  const abort = new AbortController();
  const second = bed.vpp.state(abort.signal);
  const third = bed.vpp.state();
  bed.sim.byHand.setWeight(vip, "10.0.0.2", 99);
  abort.abort(new Error("the client has gone"));
  assert.match((await bed.failure(second)).message, /the client has gone/);
  await bed.while(first);
  const { vips } = await bed.while(third);
  assert.deepEqual(vips[0]?.servers.map(({ weight }) => weight), [100, 99]);
});

Deno.test("who asks while VPP is being read waits for that, and shares the next reading", async () => {
  await using bed = new Bed(web, { delayMs: 50 });
  await bed.start();
  const before = sent(bed, "lb_vip_dump");
  const reads: Promise<unknown>[] = [];
  for (let i = 0; i < 5; i++) {
    reads.push(bed.vpp.state());
    await bed.pass(10);
  }
  await bed.while(Promise.all(reads));
  assert.equal(sent(bed, "lb_vip_dump") - before, 2);
});

Deno.test("what comes of a reading is put in order, described and compared a VIP at a time", async () => {
  const vips = Array.from({ length: 20 }, (_, i) => `192.0.2.${i + 1}`);
  const many: ConfigWish = {
    ...web,
    frontends: Object.fromEntries(
      vips.map((vip, i) => [`f${i}`, { vip, key: "tcp 80", pools: [{ b1: 100 }] }]),
    ),
  };
  await using bed = new Bed(many, { delayMs: 5 });
  await bed.start();
  const { turn } = bed.clock;
  const pausesOf = async (work: () => Promise<unknown>) => {
    let pauses = 0;
    bed.clock.turn = { isOver: true, next: () => Promise.resolve(void pauses++) };
    await bed.while(work());
    bed.clock.turn = turn;
    return pauses;
  };
  const reading = await pausesOf(() => bed.vpp.plan("f0"));
  const above = async (work: () => Promise<unknown>) => await pausesOf(work) - reading;
  const state = await above(() => bed.vpp.state());
  const sync = await above(() => bed.vpp.sync());
  for (const vip of vips) {
    bed.sim.byHand.deleteServer({ prefix: `${vip}/32`, protocol: 6, port: 80 }, "10.0.0.1");
    bed.sim.byHand.deleteVip({ prefix: `${vip}/32`, protocol: 6, port: 80 });
  }
  const plan = await above(() => bed.vpp.plan());
  // Beside the reading itself. A sync compares what was known with what there is, and the other way.
  assert.ok(state >= 19, `${state} pauses for the order of 20 VIPs`);
  assert.ok(sync >= 40, `${sync} pauses for two looks at 20 VIPs`);
  assert.ok(plan >= 38, `${plan} pauses for two looks at 20 VIPs`);
});
