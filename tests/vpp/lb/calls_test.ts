/** What requests say, field by field. */

import assert from "node:assert/strict";
import { addAs, addVip, deleteAs, deleteVip, setWeight } from "../../../lib/vpp/lb/calls.ts";
import { confRequest } from "../../../lib/vpp/sync/conf.ts";
import { Occupied } from "../../../lib/vpp/lb/occupied.ts";
import { ip } from "../../support/ip.ts";

const key = { address: ip("192.0.2.1"), prefixLength: 32, protocol: 6, port: 80 };
const wireKey = { pfx: { address: key.address, len: 32 }, protocol: 6, port: 80 };
const server = ip("10.0.0.1");

const nobody = new Occupied(
  {
    lb: { ipv4Source: ip("203.0.113.254"), ipv6Source: ip("2001:db8:ffff::1") },
    frontends: new Map(),
  },
  { all: () => [] },
);

Deno.test("a VIP is added with its table and its hash, and nothing of other types of VIPs", () => {
  const vip = { ...key, id: "192.0.2.1/32 6 80", frontend: "web", servers: [] };
  const told = { ...wireKey, dscp: 0, type: 0, target_port: 0, node_port: 0 };
  assert.deepEqual(
    addVip({ ...vip, encap: "gre6", sticky: true, flowTableLength: 4096 }, nobody),
    { ...told, encap: 1, new_flows_table_length: 4096, src_ip_sticky: true, is_del: false },
  );
  assert.deepEqual(deleteVip(key), {
    ...{ ...told, encap: 0, new_flows_table_length: 1024, src_ip_sticky: false, is_del: true },
  });
});

Deno.test("a server is added without a flush and deleted with one", () => {
  const told = { ...wireKey, as_address: server };
  assert.deepEqual(addAs(key, server, 7, nobody), {
    ...{ ...told, weight: 7, is_del: false, is_flush: false },
  });
  assert.deepEqual(deleteAs(key, server), { ...told, weight: 0, is_del: true, is_flush: true });
  for (const flush of [true, false]) {
    assert.deepEqual(setWeight(key, server, 9, flush), { ...told, weight: 9, is_flush: flush });
  }
});

Deno.test("a source that is to be unset is all ones", () => {
  const conf = { stickyBucketsPerCore: 1024, flowTimeoutSeconds: 40 };
  const request = confRequest({ ...conf, ipv4Source: undefined, ipv6Source: undefined });
  assert.equal(request.ip4_src_address.text, "255.255.255.255");
  assert.equal(request.ip6_src_address.text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  const set = confRequest({ ...conf, ipv4Source: server, ipv6Source: ip("fd00::1") });
  assert.deepEqual([set.ip4_src_address.text, set.ip6_src_address.text], ["10.0.0.1", "fd00::1"]);
});
