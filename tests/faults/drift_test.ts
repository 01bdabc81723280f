import assert from "node:assert/strict";
import { Bench } from "./support/bench.ts";

const web = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
const foreign = { prefix: "203.0.113.9/32", protocol: 6, port: 80 };

/** maglevd in step with a VPP that somebody changes then. */
async function withDrift(
  change: (bench: Bench) => void,
  records: readonly string[],
): Promise<void> {
  await using bench = new Bench();
  await bench.begin();
  bench.log.records.length = 0;
  change(bench);
  await bench.pass(31_000);
  await bench.inStep();
  const seen = new Set(bench.log.records.map(({ msg }) => msg));
  for (const record of records) assert.ok(seen.has(record), `${record} was logged`);
}

Deno.test("a foreign VIP with servers is removed, and that is logged", async () => {
  await withDrift(({ vpp }) => {
    vpp.byHand.addVip({ ...foreign, encap: "gre4" });
    vpp.byHand.addServer(foreign, "10.9.9.9");
  }, ["vpp-lbsync-as-del", "vpp-lbsync-vip-del"]);
});

Deno.test("foreign VIPs of every kind are removed", async () => {
  await withDrift(({ vpp }) => {
    vpp.byHand.addVip({ prefix: "198.51.100.0/24", protocol: 255, port: 0, encap: "gre6" });
    vpp.byHand.addVip({ ...foreign, encap: "l3dsr", dscp: 10 });
    vpp.byHand.addVip({
      prefix: "203.0.113.10/32",
      protocol: 17,
      port: 53,
      encap: "nat4",
      targetPort: 5353,
    });
    vpp.byHand.addVip({ prefix: "2001:db8::90/128", protocol: 17, port: 53, encap: "nat6" });
    vpp.byHand.addVip({ prefix: "2001:db8:0:1:1:1:1:1/128", protocol: 6, port: 1, encap: "gre6" });
    vpp.byHand.addServer({ prefix: "198.51.100.0/24", protocol: 255, port: 0 }, "fd00::9");
  }, ["vpp-lbsync-vip-del"]);
});

Deno.test("a foreign server is removed with a flush", async () => {
  await withDrift(({ vpp }) => void vpp.byHand.addServer(web, "10.9.9.9", 100), [
    "vpp-lbsync-as-del",
  ]);
});

Deno.test("a weight changed by hand is put right", async () => {
  await withDrift(({ vpp }) => {
    vpp.byHand.setWeight(web, "10.1.0.1", 0);
    vpp.byHand.setWeight(web, "10.1.0.2", 255);
  }, ["vpp-lbsync-as-weight"]);
});

Deno.test("a server deleted by hand comes back", async () => {
  await withDrift(({ vpp }) => void vpp.byHand.deleteServer(web, "10.1.0.1"), [
    "vpp-lbsync-as-add",
  ]);
});

Deno.test("a VIP deleted by hand comes back with its servers", async () => {
  await withDrift(({ vpp }) => void vpp.byHand.deleteVip(web), [
    "vpp-lbsync-vip-add",
    "vpp-lbsync-as-add",
  ]);
});

Deno.test("a VIP that somebody made with another sticky flag is made anew", async () => {
  await withDrift(({ vpp }) => {
    vpp.byHand.deleteVip(web);
    vpp.byHand.addVip({ ...web, encap: "gre4", sticky: true });
  }, ["vpp-lbsync-vip-recreate"]);
});

Deno.test("an address that somebody gave another encap gets its own back, all ports first", async () => {
  await withDrift(({ vpp }) => {
    vpp.byHand.deleteVip(web);
    vpp.byHand.deleteVip({ ...web, port: 443 });
    vpp.byHand.addVip({ ...web, port: 443, encap: "gre6" });
    vpp.byHand.addVip({ ...web, port: 8080, encap: "gre6" });
    vpp.byHand.addServer({ ...web, port: 8080 }, "fd00::1");
  }, ["vpp-lbsync-vip-recreate", "vpp-lbsync-vip-del"]);
});

Deno.test("an all-port VIP in the place of one with ports gives way", async () => {
  await withDrift(({ vpp }) => {
    vpp.byHand.deleteVip(web);
    vpp.byHand.deleteVip({ ...web, port: 443 });
    vpp.byHand.addVip({ ...web, protocol: 255, port: 0, encap: "gre4" });
  }, ["vpp-lbsync-vip-del", "vpp-lbsync-vip-add"]);
});

Deno.test("VPP comes back with foreign VIPs: they go and ours come", async () => {
  await using bench = new Bench();
  await bench.begin();
  bench.vpp.restart();
  bench.vpp.byHand.addVip({ ...foreign, encap: "gre4" });
  bench.vpp.byHand.addVip({ ...web, encap: "gre6" });
  await bench.inStep();
});

Deno.test("nothing is sent while nothing differs", async () => {
  await using bench = new Bench();
  await bench.begin();
  await bench.pass(31_000);
  bench.vpp.journal.clear();
  await bench.pass(300_000);
  const changing = bench.vpp.journal.requests()
    .filter(({ name }) => /^(lb_conf|lb_add|lb_as_set|lb_flush)/.test(name))
    .filter(({ name }) => name !== "lb_conf_get");
  assert.deepEqual(changing, []);
});
