/** VIPs go only once VPP has let go of their servers. */

import assert from "node:assert/strict";
import type { Fault } from "../../../lib/sim/mod.ts";
import { Bed } from "../support/bed.ts";
import { inStep, ports, sent, web } from "../support/sync.ts";

const dns = { vip: "192.0.2.2", key: "udp 53", pools: [{ b1: 7, b2: 8 }] };
const both = { ...web, frontends: { ...web.frontends, dns } };
const dnsVip = { prefix: "192.0.2.2/32", protocol: 17, port: 53 };

/** Bytes of 10.0.0.1. */
const first = [10, 0, 0, 1];

/** From now on VPP refuses to delete 10.0.0.1. */
function keepFirst(bed: Bed, retval: number): () => void {
  return bed.sim.misbehave({
    when: ({ name, fields }) => name === "lb_add_del_as_v2" && isDeletionOfFirst(fields),
    fault: { kind: "retval", retval },
  });
}

function isDeletionOfFirst({ is_del, as_address }: Readonly<Record<string, unknown>>): boolean {
  const { bytes } = as_address as { readonly bytes: Uint8Array };
  return is_del === true && first.every((byte, i) => bytes[i] === byte);
}

/** Requests that delete a VIP. */
function vipDeletions(bed: Bed): number {
  return bed.sim.journal.requests("lb_add_del_vip_v2").filter(({ fields }) => fields.is_del).length;
}

Deno.test("a VIP of whose servers VPP keeps one is not removed until it goes", async () => {
  for (const retval of [-1, -81, 1]) {
    await using bed = new Bed(both);
    await bed.start();
    const relent = keepFirst(bed, retval);
    await bed.reload(web);
    await bed.pass(5_000);
    assert.deepEqual(bed.state(), [inStep, "192.0.2.2/32 17 53: 10.0.0.1=7"]);
    assert.equal(vipDeletions(bed), 0);
    assert.match(
      bed.vppEvents().at(-1) ?? "",
      /^out-of-step 192\.0\.2\.2\/32 udp 53: as-del 10\.0\.0\.1: VPP refused lb_add_del_as_v2: -?\d/,
    );
    await bed.pass(60_000);
    assert.equal(vipDeletions(bed), 0, "nor by drift passes");
    relent();
    await bed.pass(30_000);
    assert.deepEqual(bed.state(), [inStep]);
    assert.equal(bed.vppEvents().at(-1), "in-step");
  }
});

Deno.test("a VIP that is to be made anew stays while VPP keeps one of its servers", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const relent = keepFirst(bed, -1);
  const pools = [{ b1: 100, b2: 50 }];
  await bed.reload({
    ...web,
    frontends: { web: { vip: "192.0.2.1", key: "tcp 80", sticky: true, pools } },
  });
  await bed.pass(5_000);
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 80: 10.0.0.1=100"]);
  assert.equal(sent(bed, "lb_add_del_vip_v2"), 1, "the addition long ago");
  relent();
  await bed.while(bed.vpp.sync());
  assert.deepEqual(bed.state(), [inStep]);
  assert.equal(bed.sim.state().find(({ used }) => used)?.sticky, true);
});

Deno.test("a server that is gone already does not keep its VIP", async () => {
  await using bed = new Bed(both, { delayMs: 50 });
  await bed.start();
  // VPP says so once it has collected what lingers.
  keepFirst(bed, -6);
  await bed.reload(web);
  // Asked and answered, and the deletions are on their way.
  await bed.pass(120);
  bed.sim.byHand.deleteServer(dnsVip, "10.0.0.1");
  await bed.becomes(inStep);
  assert.equal(vipDeletions(bed), 1);
  await bed.until(() => bed.vpp.step()?.inStep === true);
  assert.deepEqual(
    bed.log.named("vpp-reconciler-error").map(({ address, err }) => [address, err]),
    [["10.0.0.1", "VPP refused lb_add_del_as_v2: -6 (NO_SUCH_ENTRY)"]],
  );
});

Deno.test("what a VIP was in the way of comes once it is gone, though that took a second try", async () => {
  const all = { vip: "192.0.2.1", key: "any", pools: [{ b1: 100, b2: 50 }] };
  await using bed = new Bed({ ...web, frontends: { all } }, { delayMs: 50 });
  await bed.start();
  keepFirst(bed, -6);
  await bed.reload(web);
  await bed.until(() => sent(bed, "lb_add_del_as_v2") > 2, "the deletions are on their way");
  bed.sim.byHand.deleteServer({ prefix: "192.0.2.1/32", protocol: 255, port: 0 }, "10.0.0.1");
  assert.ok(await bed.becomes(inStep) < 5_000, "long before the next full sync");
});

Deno.test("servers go in one window, and their VIP in the next", async () => {
  await using bed = new Bed(both, { delayMs: 20 });
  await bed.start();
  const before = bed.sim.journal.entries.length;
  await bed.reload(web);
  await bed.becomes(inStep);
  const deletions = bed.sim.journal.entries.slice(before).flatMap((entry) =>
    entry.kind === "request" && entry.request.fields.is_del === true
      ? [{ name: entry.request.name, at: entry.at }]
      : []
  );
  assert.deepEqual(deletions.map(({ name }) => name), [
    "lb_add_del_as_v2",
    "lb_add_del_as_v2",
    "lb_add_del_vip_v2",
  ]);
  const [one, two, three] = deletions.map(({ at }) => at);
  assert.equal(one, two);
  assert.equal(Math.round((three ?? 0) - (two ?? 0)), 40, "a round trip later");
});

Deno.test("who syncs a frontend hears of the other VIP of its address that is in its way", async () => {
  await using bed = new Bed(ports("10.0.0.1"));
  await bed.start();
  const relent = bed.sim.misbehave({
    when: ({ name, fields }) =>
      name === "lb_add_del_as_v2" && isDeletionOfFirst(fields) && fields.port === 443,
    fault: { kind: "retval", retval: -1 },
  });
  await bed.reload(ports("fd00::5"));
  await bed.pass(1_000);
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 443: 10.0.0.1=100"]);
  const refusal = "192.0.2.1/32 tcp 443: as-del 10.0.0.1: VPP refused lb_add_del_as_v2: -1";
  for (const frontend of ["a", "b"]) {
    const { message } = await bed.failure(bed.vpp.sync(frontend));
    assert.ok(message.startsWith(`VPP is not in step: ${refusal}`), message);
  }
  relent();
  await bed.while(bed.vpp.sync("a"));
  assert.deepEqual(bed.state(), [
    "192.0.2.1/32 6 443: fd00::5=100",
    "192.0.2.1/32 6 80: fd00::5=100",
  ]);
});

/** A maglevd that has not probed yet and makes a VIP anew; the first deletion of a server fails. */
async function makeAnew(bed: Bed, fault: Fault): Promise<void> {
  await bed.start();
  await bed.replaceMaglevd();
  bed.vpp.start();
  await bed.becomes(inStep);
  bed.sim.misbehave({
    when: ({ name, fields }) => name === "lb_add_del_as_v2" && isDeletionOfFirst(fields),
    ...{ fault, times: 1 },
  });
  const pools = [{ b1: 100, b2: 50 }];
  await bed.reload({
    ...web,
    frontends: { web: { vip: "192.0.2.1", key: "tcp 80", sticky: true, pools } },
  });
  await bed.pass(20_000);
  assert.equal(bed.checker.frontend("web")?.weights[0]?.weight, "kept");
}

Deno.test("a weight is kept though VPP's answer to its VIP being taken down never came", async () => {
  await using bed = new Bed(web);
  await makeAnew(bed, { kind: "silence" });
  assert.equal(bed.sim.state().find(({ used }) => used)?.sticky, true);
  assert.deepEqual(bed.state(), [inStep]);
});

Deno.test("a weight that was to be kept is gone with the VPP that had it", async () => {
  await using bed = new Bed(web);
  await makeAnew(bed, { kind: "die", when: "after" });
  bed.sim.start();
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=0");
});
