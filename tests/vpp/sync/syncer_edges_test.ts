/** What a sync waits for, and what comes while it is under way. */

import assert from "node:assert/strict";
import { FakeClock } from "../../../lib/time/mod.ts";
import { Ledger } from "../../../lib/vpp/state/ledger.ts";
import type { Occupied } from "../../../lib/vpp/state/occupied.ts";
import { parseVerbose } from "../../../lib/vpp/state/snapshot.ts";
import { planAll } from "../../../lib/vpp/state/plan.ts";
import { Reads } from "../../../lib/vpp/link/reads.ts";
import { keepInLine } from "../../../lib/vpp/sync/syncer.ts";
import { KnownState } from "../../../lib/vpp/state/known.ts";
import { Pending } from "../../../lib/vpp/sync/pending.ts";
import { StepTracker } from "../../../lib/vpp/sync/step_tracker.ts";
import { nextSteps } from "../../../lib/vpp/sync/steps.ts";
import { Bed } from "../support/bed.ts";
import { ModelVpp } from "../support/model_vpp.ts";
import { inStep, refuse, sent, vip, web } from "../support/sync.ts";
import type { ConfigWish } from "../support/wishes.ts";
import { ip } from "../../support/ip.ts";

/** Many frontends, each with a server of its own. */
function manyFrontends(count: number): ConfigWish {
  const each = Array.from({ length: count }, (_, i) => i);
  return {
    backends: Object.fromEntries(each.map((i) => [`b${i}`, `10.0.${i >> 8}.${i & 255}`])),
    frontends: Object.fromEntries(each.map((i) => [
      `f${i}`,
      { vip: `198.18.${i >> 8}.${i & 255}`, key: "tcp 80", pools: [{ [`b${i}`]: 100 }] },
    ])),
  };
}

Deno.test("each thing that is waited for is told before it is, and rest when there is none", async () => {
  await using bed = new Bed(web);
  const { checker, log, clock } = bed;
  const model = new ModelVpp();
  const told: string[] = [];
  const noted = (name: string) => void (told.at(-1) !== name && told.push(name));
  const over = new AbortController();
  const events = { emit: () => {} };
  const pending = new Pending();
  const end = keepInLine({
    ...{ checker, log, clock, events, pending, ledger: new Ledger(), known: new KnownState() },
    client: {
      request: (call, value) => {
        noted(call.request.name);
        return model.request(call, value);
      },
      dump: (dump, value, each) => {
        noted(dump.request.name);
        return model.dump(dump, value, each);
      },
    },
    step: new StepTracker(clock, events),
    progress: { awaiting: (what) => told.push(`-- ${what}`), idle: () => told.push("-- idle") },
    mayTouch: () => true,
    adopted: () => pending.addAll(),
  }, over.signal);
  await bed.settle();
  assert.deepEqual(told, [
    ...["-- what VPP holds", "lb_conf_get", "lb_vip_dump", "lb_as_v2_dump", "cli_inband"],
    ...["-- VPP's global settings", "lb_conf"],
    ...["-- VPP's answers to changes", "lb_add_del_vip_v2"],
    ...["-- VPP's answers to changes", "lb_add_del_as_v2", "-- idle"],
  ]);
  told.length = 0;
  bed.set("paused", "b1");
  pending.addChanged("web", "other");
  await bed.settle();
  assert.deepEqual(told, ["-- VPP's answers to changes", "lb_as_set_weight", "-- idle"]);
  over.abort(new Error("enough"));
  await assert.rejects(end, /enough/);
});

Deno.test("a link at rest after a change is not complained of", async () => {
  await using bed = new Bed({ ...web, lb: { syncIntervalMs: 3_600_000 } });
  await bed.start();
  bed.set("paused", "b1");
  await bed.becomesAsWanted();
  await bed.pass(100_000);
  assert.equal(bed.vpp.complaint(), undefined);
});

Deno.test("a sync of one frontend says which", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.log.records.length = 0;
  bed.set("paused", "b1");
  await bed.becomesAsWanted();
  assert.deepEqual(bed.log.named("vpp-lbsync-start"), [{ scope: "vip", frontends: ["web"] }]);
});

Deno.test("settings that come while others are being set are set as well, also in the warm-up", async () => {
  const lb = { startupMinDelayMs: 60_000, startupMaxDelayMs: 60_000 };
  await using bed = new Bed({ ...web, lb }, { delayMs: 50 });
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => sent(bed, "lb_conf") === 1, "they are on their way");
  await bed.reload({ ...web, lb: { ...lb, flowTimeoutSeconds: 77 } });
  await bed.pass(1_000);
  assert.equal((await bed.while(bed.vpp.state())).conf.flowTimeoutSeconds, 77);
});

Deno.test("VPP dying while it is asked and told something is one end of the connection", async () => {
  const dns = { vip: "192.0.2.2", key: "udp 53", pools: [{ b3: 7 }] };
  await using bed = new Bed({
    backends: { ...web.backends, b3: "10.0.0.3" },
    frontends: { ...web.frontends, dns },
  }, { delayMs: 50 });
  await bed.start();
  bed.set("paused", "b1");
  await bed.pass(10);
  const failure = assert.rejects(bed.vpp.sync("web"), /VPP/);
  bed.set("paused", "b3");
  // The first change is answered, the second on its way, and so is what VPP is asked for the sync.
  await bed.pass(130);
  bed.sim.kill();
  await bed.while(failure);
  bed.sim.start();
  await bed.becomesAsWanted();
});

Deno.test("what changes during a full sync is served between its windows", async () => {
  await using bed = new Bed(manyFrontends(300), { delayMs: 50 });
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => sent(bed, "lb_add_del_vip_v2") > 0, "the first window is on its way");
  bed.set("paused", "b299");
  await bed.until(() => bed.vpp.step()?.inStep === true);
  assert.deepEqual(bed.state(), bed.wanted());
  const syncs = bed.log.records.filter(({ msg }) => msg.startsWith("vpp-lbsync-"))
    .filter(({ msg }) => msg.endsWith("-start") || msg.endsWith("-done"))
    .map(({ msg, attributes: { scope } }) => `${msg.replace("vpp-lbsync-", "")} ${scope}`);
  assert.deepEqual(syncs, ["start all", "start vip", "done vip", "done all"]);
});

Deno.test("what a probe finds out goes between the windows of what a reload has changed", async () => {
  const lb = { startupMinDelayMs: 0, startupMaxDelayMs: 0, syncIntervalMs: 3_600_000 };
  const { backends, frontends } = manyFrontends(600);
  await using bed = new Bed({ backends, frontends, lb }, { delayMs: 50 });
  await bed.start();
  bed.log.records.length = 0;
  const weights = () => bed.sim.journal.requests("lb_as_set_weight");
  const before = weights().length;
  const lighter = Object.entries(frontends).map(([name, { vip, key }], i) =>
    [name, { vip, key, pools: [{ [`b${i}`]: 50 }] }] as const
  );
  await bed.reload({ backends, frontends: Object.fromEntries(lighter), lb });
  await bed.until(() => weights().length > before, "the first window is on its way");
  bed.set("down", "b599", "b598");
  await bed.until(() => weights().length >= before + 600);
  const [first, second] = weights().slice(before + 256).map(({ fields }) =>
    [(fields.as_address as { text: string }).text, fields.weight] as const
  );
  assert.deepEqual([first, second], [["10.0.2.87", 0], ["10.0.2.86", 0]]);
  await bed.until(() => bed.vpp.step()?.inStep === true);
  assert.deepEqual(bed.state(), bed.wanted());
  assert.equal(weights().length, before + 600, "nothing twice");
});

Deno.test("from what changes until VPP's last answer it is said that changes are on their way", async () => {
  await using bed = new Bed(web, { delayMs: 20 });
  await bed.start();
  await bed.pass(1_000);
  const pendingSince = () => bed.vpp.step()?.pendingSince;
  assert.equal(pendingSince(), undefined);
  await bed.reload({ ...web, lb: { flowTimeoutSeconds: 60 } });
  const begun = bed.clock.wall();
  assert.equal(pendingSince(), begun, "at once, though nothing was sent");
  await bed.until(() => sent(bed, "lb_conf") === 2, "asked what VPP holds");
  assert.deepEqual([bed.vpp.step()?.inStep, pendingSince()], [true, begun]);
  await bed.until(() => pendingSince() === undefined);
  assert.equal((await bed.while(bed.vpp.state())).conf.flowTimeoutSeconds, 60);
  bed.set("paused", "b1");
  assert.notEqual(pendingSince(), undefined);
  await bed.until(() => pendingSince() === undefined);
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50"]);
  await bed.pass(60_000);
  assert.equal(pendingSince(), undefined, "and not after drift passes");
});

Deno.test("who waited for a sync when VPP died costs no further dump", async () => {
  await using bed = new Bed(web, { delayMs: 20 });
  await bed.start();
  const failure = assert.rejects(bed.vpp.sync(), /VPP/);
  await bed.pass(1);
  bed.sim.kill();
  await bed.while(failure);
  bed.sim.start();
  const before = sent(bed, "lb_vip_dump");
  await bed.until(() => bed.vpp.step()?.inStep === true);
  await bed.pass(1_000);
  assert.equal(sent(bed, "lb_vip_dump") - before, 1);
});

Deno.test("what is refused twice differs for the second reason", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.byHand.deleteServer(vip, "10.0.0.1");
  refuse(bed, "lb_add_del_as_v2", -168);
  bed.set("paused", "b1");
  await bed.until(() => bed.vpp.step()?.inStep === false);
  assert.deepEqual(bed.vpp.step()?.differs, [
    "192.0.2.1/32 tcp 80: as-add 10.0.0.1: VPP refused lb_add_del_as_v2: -168 (BUG)",
  ]);
  await bed.pass(1_000);
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 80: 10.0.0.2=50"]);
  bed.sim.behave();
  await bed.while(bed.vpp.sync("web"));
});

Deno.test("what waits is nobody's business once the connection is over", async () => {
  const pending = new Pending();
  pending.addAll();
  await assert.rejects(pending.some(AbortSignal.abort(new Error("over"))), /over/);
});

Deno.test("only an addition waits for its address", () => {
  const key = { address: ip("192.0.2.1"), prefixLength: 32, protocol: 6, port: 80 };
  const target = { ...key, id: "192.0.2.1/32 6 80", frontend: "web", servers: [] };
  const address = ip("10.0.0.1");
  const occupied = { refuseServer: () => "it is taken", refuseVip: () => "so is this" };
  const plan = {
    ...{ removals: [], blocked: [], looked: 0 },
    changes: [{
      vip: { ...target, encap: "gre4", sticky: false, flowTableLength: 1024 } as const,
      isAdded: false,
      servers: [
        { kind: "as-add", address, weight: 1, flushing: false },
        { kind: "as-weight", address, weight: 1, from: 2, flush: false },
        { kind: "as-del", address },
      ] as const,
    }],
  };
  const obstacles = [...nextSteps(plan, new Set())]
    .map((step) => step.obstacle(occupied as unknown as Occupied));
  assert.deepEqual(obstacles, ["it is taken", undefined, undefined]);
});

/** A clock that counts how often it is asked whether others should have their turn. */
function attentive(): { readonly clock: FakeClock; readonly looks: () => number } {
  const clock = new FakeClock();
  let looks = 0;
  clock.turn = {
    get isOver() {
      looks++;
      return false;
    },
    next: () => Promise.resolve(),
  };
  return { clock, looks: () => looks };
}

/** How often a generator yields. */
function yields(work: Generator<void, unknown>): number {
  let count = 0;
  while (!work.next().done) count++;
  return count;
}

Deno.test("long work looks after each prefix and each VIP whether others are to have their turn", async () => {
  await using bed = new Bed(manyFrontends(50));
  const { clock, looks } = attentive();
  const reads = new Reads(new ModelVpp(), clock, new Ledger());
  await reads.plan(bed.checker, undefined);
  assert.equal(looks(), 150, "what is desired, what is to be done, and how that is told");
  assert.equal(yields(planAll([], [], new Ledger())), 0);
  const paragraphs = Array.from({ length: 3 }, (_, i) => ` ip4-gre4 [${i}] 192.0.2.${i}/32\n`);
  assert.equal(yields(parseVerbose(paragraphs.join(""))), 3);
});

Deno.test("a VIP of which VPP's text does not tell is shown as not sticky", async () => {
  const model = new ModelVpp();
  const { pfx } = { pfx: { address: ip("192.0.2.1"), len: 32 } };
  model.vip({
    ...{ pfx, protocol: 6, port: 80, encap: 0, dscp: 0, type: 0, target_port: 0, node_port: 0 },
    ...{ new_flows_table_length: 1024, src_ip_sticky: true, is_del: false },
  });
  const stateOf = () => new Reads(model, new FakeClock(), new Ledger()).state();
  assert.equal((await stateOf()).vips[0]?.srcIpSticky, true);
  model.text = () => "";
  assert.equal((await stateOf()).vips[0]?.srcIpSticky, false);
});

Deno.test("what was refused while VPP was asked what it holds is forgotten when that explains it", async () => {
  for (const what of [undefined, "web"]) {
    await using bed = new Bed(web, { delayMs: 20 });
    await bed.start();
    bed.sim.byHand.deleteServer(vip, "10.0.0.1");
    const done = bed.vpp.sync(what);
    await bed.pass(10);
    // Its request comes after the dump, which has it as it is already.
    bed.set("paused", "b1");
    await bed.until(() => bed.log.named("vpp-reconciler-error").length > 0, "refused");
    await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50");
    await bed.pass(1_000);
    await done;
    assert.deepEqual([bed.vpp.step()?.inStep, bed.vpp.step()?.differs], [true, []]);
    assert.equal(bed.vppEvents().at(-1), "altered 192.0.2.1/32 tcp 80: 10.0.0.1 removed");
  }
});

Deno.test("what was refused while VPP was asked and is accepted in the sync then is forgotten", async () => {
  for (const what of [undefined, "web"]) {
    await using bed = new Bed(web, { delayMs: 20 });
    await bed.start();
    const accept = refuse(bed, "lb_as_set_weight");
    const done = bed.vpp.sync(what);
    await bed.pass(10);
    bed.set("paused", "b1");
    await bed.until(() => bed.log.named("vpp-reconciler-error").length > 0, "refused");
    accept();
    await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50");
    await bed.pass(1_000);
    await done;
    assert.deepEqual([bed.vpp.step()?.inStep, bed.vpp.step()?.differs], [true, []]);
  }
});

Deno.test("what was refused while VPP was asked is not tried again for nothing", async () => {
  const dns = { vip: "192.0.2.2", key: "udp 53", pools: [{ b2: 7 }] };
  await using bed = new Bed({ ...web, frontends: { ...web.frontends, dns } }, { delayMs: 20 });
  await bed.start();
  refuse(bed, "lb_as_set_weight");
  const done = bed.vpp.sync("dns");
  await bed.pass(10);
  bed.set("paused", "b1");
  await bed.pass(1_000);
  await done;
  assert.deepEqual([bed.vpp.step()?.inStep, sent(bed, "lb_as_set_weight")], [false, 1]);
});

Deno.test("what was refused while VPP was asked is no matter once its frontend is gone", async () => {
  const dns = { vip: "192.0.2.2", key: "udp 53", pools: [{ b2: 7 }] };
  await using bed = new Bed({ ...web, frontends: { ...web.frontends, dns } }, { delayMs: 20 });
  await bed.start();
  bed.sim.misbehave({
    when: ({ name, fields }) => name === "lb_as_set_weight" && fields.port === 53,
    fault: { kind: "retval", retval: -1 },
  });
  const sync = bed.vpp.sync();
  await bed.pass(10);
  bed.set("paused", "b2");
  await bed.pass(1);
  await bed.reload(web);
  await bed.while(sync);
  assert.equal(bed.log.named("vpp-reconciler-error").length, 1);
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=0"]);
});

Deno.test("what waits for the full sync of a reload that overtook another is not out of step", async () => {
  await using bed = new Bed(web, { delayMs: 50 });
  await bed.start();
  bed.sim.byHand.setWeight(vip, "10.0.0.1", 7);
  const sync = bed.vpp.sync();
  // Asked and answered, and the weight is on its way.
  await bed.pass(120);
  await bed.reload({
    ...web,
    frontends: { all: { vip: "192.0.2.1", key: "any", pools: [{ b1: 100, b2: 50 }] } },
  });
  await bed.while(sync);
  assert.equal(bed.log.named("vpp-lbsync-blocked").length, 1);
  const told = bed.vppEvents().filter((event) => !event.startsWith("altered "));
  assert.deepEqual(told, ["connected", "in-step"]);
});

Deno.test("a VPP that refuses to print its VIPs is kept in line all the same", async () => {
  await using bed = new Bed(web);
  refuse(bed, "cli_inband");
  await bed.start();
  assert.deepEqual(bed.state(), [inStep]);
  await bed.pass(20_000);
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"], "not even for the counters");
  assert.deepEqual(bed.vpp.counters()?.vips.map(({ isUnknown }) => isUnknown), [true]);
});
