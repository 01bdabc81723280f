import assert from "node:assert/strict";
import { EncodeError, type Message, WireWriter } from "../../lib/binapi/mod.ts";
import {
  cliInband,
  ipRouteLookup,
  lbAddDelAs,
  lbAddDelAsV2,
  lbAddDelVip,
  lbAddDelVipV2,
  lbAsSetWeight,
  lbConf,
  lbFlushVip,
} from "../../lib/gen/vpp.ts";
import { encodeRequest, keep } from "../../lib/vppclient/guards.ts";
import { ip } from "../support/ip.ts";

function encode(message: Message, value: Record<string, unknown>): void {
  encodeRequest(new WireWriter(), message, { id: 1, clientIndex: 1, context: 1 }, value);
}

function refused(message: Message, value: Record<string, unknown>, reason: string): void {
  assert.throws(() => encode(message, value), new EncodeError(reason));
}

const vip = {
  pfx: { address: ip("192.0.2.1"), len: 32 },
  protocol: 6,
  port: 80,
  encap: 0,
  dscp: 0,
  type: 0,
  target_port: 0,
  node_port: 0,
  new_flows_table_length: 1024,
  src_ip_sticky: false,
  is_del: false,
};
const v6 = { address: ip("2001:db8::1"), len: 128 };
const key = { pfx: vip.pfx, protocol: 6, port: 80, as_address: ip("10.0.0.1") };
const conf = {
  ip4_src_address: ip("10.0.0.1"),
  ip6_src_address: ip("fd00::1"),
  sticky_buckets_per_core: 65536,
  flow_timeout: 40,
};

Deno.test("a flow table that VPP would abort on or refuse is not sent", () => {
  encode(lbAddDelVipV2.request, vip);
  for (const length of [0, 3, 1000, 0xffffffff]) {
    refused(
      lbAddDelVipV2.request,
      { ...vip, new_flows_table_length: length },
      `lb_add_del_vip_v2 is not sent: a flow table of ${length} entries is no power of two`,
    );
  }
});

Deno.test("a prefix longer than its address is not sent", () => {
  refused(
    lbAddDelVipV2.request,
    { ...vip, pfx: { ...vip.pfx, len: 33 } },
    "lb_add_del_vip_v2 is not sent: prefix 192.0.2.1/33 is longer than the 32 bits of the address",
  );
  refused(
    lbAddDelVipV2.request,
    { ...vip, pfx: { ...v6, len: 129 } },
    "lb_add_del_vip_v2 is not sent: prefix 2001:db8::1/129 is longer than the 128 bits of the address",
  );
});

Deno.test("whatever has a prefix is not sent with one that is too long", () => {
  const long = { ...vip.pfx, len: 33 };
  const reason = "prefix 192.0.2.1/33 is longer than the 32 bits of the address";
  refused(
    ipRouteLookup.request,
    { table_id: 0, exact: 1, prefix: long },
    `ip_route_lookup is not sent: ${reason}`,
  );
  refused(
    lbFlushVip.request,
    { pfx: long, protocol: 6, port: 80 },
    `lb_flush_vip is not sent: ${reason}`,
  );
});

Deno.test("a VIP is never flushed as a whole: it may be gone by then", () => {
  refused(
    lbFlushVip.request,
    { pfx: vip.pfx, protocol: 6, port: 80 },
    "lb_flush_vip is not sent: of a VIP that is gone VPP would flush whatever an unset index leads to",
  );
});

Deno.test("the requests of older VPPs are guarded as well", () => {
  const { src_ip_sticky: _, ...older } = vip;
  encode(lbAddDelVip.request, older);
  refused(
    lbAddDelVip.request,
    { ...older, new_flows_table_length: 0 },
    "lb_add_del_vip is not sent: a flow table of 0 entries is no power of two",
  );
  refused(
    lbAddDelAs.request,
    { ...key, as_address: vip.pfx.address, is_del: false, is_flush: false },
    "lb_add_del_as is not sent: the server 192.0.2.1 is at its own VIP's address",
  );
});

Deno.test("nothing but the first message of a connection is sent without asking the guards", () => {
  const folder = new URL("../../lib/vppclient/", import.meta.url);
  const free = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => Deno.readTextFileSync(new URL(name, folder)).includes("encodeMessage("));
  assert.deepEqual(free.sort(), ["connect.ts", "guards.ts"]);
});

Deno.test("an all-port NAT VIP is never added, but one that is there can be deleted", () => {
  for (const encap of [3, 4]) {
    refused(
      lbAddDelVipV2.request,
      { ...vip, port: 0, protocol: 255, encap },
      "lb_add_del_vip_v2 is not sent: an all-port NAT VIP kills VPP when it gets a server",
    );
    encode(lbAddDelVipV2.request, { ...vip, port: 0, protocol: 255, encap, is_del: true });
    encode(lbAddDelVipV2.request, { ...vip, encap: 3 });
  }
});

Deno.test("an encap that VPP would silently turn into gre6 is not sent", () => {
  for (const encap of [2, 3]) {
    refused(
      lbAddDelVipV2.request,
      { ...vip, pfx: v6, encap },
      "lb_add_del_vip_v2 is not sent: an IPv6 VIP can have neither nat4 nor l3dsr, " +
        "VPP would silently make it gre6",
    );
  }
  encode(lbAddDelVipV2.request, { ...vip, pfx: v6, encap: 4 });
});

Deno.test("weights over 100 are not sent", () => {
  encode(lbAddDelAsV2.request, { ...key, weight: 100, is_del: false, is_flush: false });
  encode(lbAsSetWeight.request, { ...key, weight: 0, is_flush: true });
  refused(
    lbAddDelAsV2.request,
    { ...key, weight: 101, is_del: false, is_flush: false },
    "lb_add_del_as_v2 is not sent: weight 101 is over 100",
  );
  refused(
    lbAsSetWeight.request,
    { ...key, weight: 255, is_flush: false },
    "lb_as_set_weight is not sent: weight 255 is over 100",
  );
  refused(
    lbAsSetWeight.request,
    { ...key, weight: 256, is_flush: false },
    "lb_as_set_weight is not sent: weight 256 is over 100",
  );
  refused(
    lbAsSetWeight.request,
    { ...key, weight: -1, is_flush: false },
    "lb_as_set_weight.weight: -1 does not fit a u8",
  );
});

Deno.test("a server at its own VIP's address is never added, but one that is there can be deleted", () => {
  for (const pfx of [vip.pfx, v6]) {
    const own = { ...key, pfx, as_address: ip(pfx.address.text), weight: 1, is_flush: true };
    refused(
      lbAddDelAsV2.request,
      { ...own, is_del: false },
      `lb_add_del_as_v2 is not sent: the server ${pfx.address.text} is at its own VIP's address`,
    );
    encode(lbAddDelAsV2.request, { ...own, is_del: true });
  }
});

Deno.test("sticky buckets that crash VPP are not sent, keeping them is", () => {
  for (const buckets of [1, 65536, 2 ** 25, keep]) {
    encode(lbConf.request, { ...conf, sticky_buckets_per_core: buckets });
  }
  for (const buckets of [0, 3, 1000, 2 ** 26, 2 ** 31, 0xfffffffe]) {
    refused(
      lbConf.request,
      { ...conf, sticky_buckets_per_core: buckets },
      `lb_conf is not sent: ${buckets} sticky buckets per core are no power of two from 1 to 2^25`,
    );
  }
});

Deno.test("a source address of the wrong family is not sent", () => {
  refused(
    lbConf.request,
    { ...conf, ip4_src_address: ip("fd00::1") },
    "lb_conf.ip4_src_address: fd00::1 is not IPv4",
  );
});

Deno.test("a CLI command with a NUL is not sent", () => {
  encode(cliInband.request, { cmd: "show lb" });
  refused(
    cliInband.request,
    { cmd: "show lb\0" },
    "cli_inband is not sent: the command contains a NUL, " +
      "VPP takes commands without a terminator",
  );
});
