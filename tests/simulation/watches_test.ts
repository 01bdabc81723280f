import assert from "node:assert/strict";
import { HeldWatch } from "../../lib/simulation/wire_watch.ts";
import type { Site, SiteCheck } from "../../lib/simulation/site.ts";
import { WellWatch } from "../../lib/simulation/well_watch.ts";

const vip = "192.0.2.1/32 6 80";
const [a, b] = ["10.0.0.1", "10.0.0.2"];
const addVip = { kind: "add vip", vip, encap: "gre4", sticky: false } as const;

function weighs(kind: "add server" | "set weight", address: string, weight: number, flush = false) {
  return { kind, vip, address, weight, flush } as const;
}

Deno.test("a server at the address of a VIP is found, whichever came first", () => {
  const watch = new HeldWatch(() => false);
  assert.equal(watch.see(addVip), undefined);
  assert.match(watch.see(weighs("add server", "192.0.2.1", 1)) ?? "", /server 192.0.2.1 at a VIP/);
  watch.cleared();
  assert.equal(watch.see(addVip), undefined);
  assert.equal(watch.see(weighs("add server", "192.0.2.9", 1)), undefined);
  const second = { ...addVip, vip: "192.0.2.9/32 17 53" };
  assert.match(watch.see(second) ?? "", /server 192.0.2.9 at a VIP/);
});

Deno.test("flows that should have been moved away are found", () => {
  const wanted = (flush: boolean) =>
    new Map([[vip, {
      ...{ prefix: "192.0.2.1/32", protocol: 6, port: 80, encap: "gre4", sticky: false } as const,
      servers: new Map([[a, { weight: 0, flush }]]),
    }]]);
  const watch = new HeldWatch(() => false);
  watch.see(addVip);
  watch.see(weighs("add server", a, 0));
  assert.deepEqual(watch.unflushed(wanted(true)), [], "it never had any");
  watch.see(weighs("set weight", a, 5));
  watch.see(weighs("set weight", a, 0));
  assert.deepEqual(watch.unflushed(wanted(true)), [
    `${vip} has flows of ${a} that were not moved away`,
  ]);
  assert.deepEqual(watch.unflushed(wanted(false)), []);
  watch.see(weighs("set weight", a, 0, true));
  assert.deepEqual(watch.unflushed(wanted(true)), []);
  watch.altered(vip, a, 33);
  assert.equal(watch.unflushed(wanted(true)).length, 1);
  watch.altered(vip, a);
  assert.deepEqual(watch.unflushed(wanted(true)), []);
});

Deno.test("a VIP that goes before its servers, and a server that keeps its flows, are found", () => {
  let mayRefuse = false;
  const watch = new HeldWatch(() => mayRefuse);
  const deleteVip = { kind: "delete vip", vip } as const;
  watch.see(addVip);
  watch.see(weighs("add server", a, 1));
  assert.match(watch.see(deleteVip) ?? "", /it still has 10.0.0.1/);
  watch.see(addVip);
  watch.see(weighs("add server", a, 1));
  mayRefuse = true;
  assert.equal(watch.see(deleteVip), undefined);
  watch.see(addVip);
  watch.see(weighs("add server", a, 1));
  const deleteServer = { kind: "delete server", vip, address: a } as const;
  assert.match(watch.see({ ...deleteServer, flush: false }) ?? "", /not moved away/);
  watch.see(weighs("add server", a, 1));
  assert.equal(watch.see({ ...deleteServer, flush: true }), undefined);
  watch.see(weighs("add server", b, 1));
  watch.altered(vip);
  assert.equal(watch.see(deleteVip), undefined);
});

const check: SiteCheck = {
  type: "tcp",
  port: 80,
  ...{ intervalMs: 1, fastIntervalMs: 1, downIntervalMs: 1, timeoutMs: 1, rise: 1, fall: 1 },
};

/** One frontend with two pools; `weight` is that of `a`. */
function site(weight: number, enabled = true): Site {
  return {
    ...{ syncIntervalMs: 1, startupMinDelayMs: 0, startupMaxDelayMs: 0, flowTimeoutSeconds: 40 },
    ...{ buckets: 16, netns: "", checks: { c: check } },
    backends: {
      a: { server: 0, check: "c", enabled },
      b: { server: 1, check: "c", enabled: true },
    },
    frontends: {
      f: {
        vip: 0,
        protocol: "tcp",
        ...{ port: 80, sticky: false, flushOnDown: true, drainDeadlineMs: 0 },
        pools: [{ a: weight }, { b: 100 }],
      },
    },
  };
}

Deno.test("traffic taken from a server that was always well is found, unless somebody wants it", () => {
  const unwell = new Set<string>();
  let since = 1;
  const watch = () => new WellWatch(site(100), (address) => !unwell.has(address), () => since);
  const taken = weighs("set weight", a, 0);
  const calm = watch();
  assert.match(calm.against(taken) ?? "", /always well/);
  assert.match(calm.against(weighs("set weight", a, 100, true)) ?? "", /always well/);
  assert.equal(calm.against(weighs("set weight", a, 50)), undefined);
  assert.equal(calm.against(weighs("set weight", b, 0)), undefined, "it stands in reserve");
  assert.equal(calm.against(weighs("add server", a, 0)), undefined);
  calm.loading(site(100), 0);
  assert.match(calm.against(taken) ?? "", /always well/);
  for (const other of [site(0), site(100, false)]) {
    const reloaded = watch();
    reloaded.loading(other, 0);
    assert.equal(reloaded.against(taken), undefined, "the file wants it so");
    reloaded.loading(site(100), 0);
    assert.equal(reloaded.against(taken), undefined, "what the file wanted may still be under way");
    reloaded.loading(site(100), 0);
    assert.match(reloaded.against(taken) ?? "", /always well/);
  }
  const hung = watch();
  for (const weight of [0, 100, 100]) hung.loading(site(weight), 0);
  assert.match(hung.against(taken) ?? "", /always well/);
  since = 0;
  assert.equal(hung.against(taken), undefined, "VPP may only now come to what that file wanted");
  since = 1;
  const steered = watch();
  steered.steered("a");
  assert.equal(steered.against(taken), undefined);
  const renamed = watch();
  renamed.steered("b");
  const { a: well, b: other } = site(100).backends;
  assert.ok(well && other);
  renamed.loading({ ...site(100), backends: { a: well, c: other } }, 0);
  renamed.loading({ ...site(100), backends: { c: well, a: other } }, 0);
  renamed.loading(site(100), 0);
  renamed.loading(site(100), 0);
  assert.equal(renamed.against(taken), undefined, "what was said of it under another name counts");
  unwell.add(a);
  assert.equal(calm.against(taken), undefined);
});
