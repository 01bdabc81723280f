/** Random frontends as the checker might have them, and random contents of a VPP. */

import fc from "fast-check";
import type { Weight } from "../../../lib/health/mod.ts";
import type { DesiredVip } from "../../../lib/vpp/state/desired.ts";
import { vipId } from "../../../lib/vpp/state/vip.ts";
import { ModelVpp } from "./model_vpp.ts";
import { ip } from "../../support/ip.ts";

const addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];
const v4 = ["10.0.0.1", "10.0.0.2", "10.0.0.10", "9.255.255.255"];
const v6 = ["fd00::1", "fd00::2", "fd00::10"];

const weight = fc.constantFrom<Weight>(0, 1, 50, 100, "kept");
const servers = (family: 4 | 6) =>
  fc.uniqueArray(
    fc.record({
      address: fc.constantFrom(...(family === 4 ? v4 : v6)),
      weight,
      otherwise: fc.constantFrom(undefined, 0, 30),
      flush: fc.boolean(),
    }),
    { selector: ({ address }) => address, minLength: 1 },
  );

/** The frontends of one address: one encap, either all ports or some. */
function onAddress(address: string): fc.Arbitrary<DesiredVip[]> {
  const kind = fc.record({ family: fc.constantFrom<4 | 6>(4, 6), all: fc.boolean() });
  const ports = fc.uniqueArray(fc.constantFrom("6 80", "6 443", "17 53"), { maxLength: 3 });
  return kind.chain(({ family, all }) =>
    (all ? fc.constantFrom(["255 0"], []) : ports).chain((keys) =>
      fc.tuple(...keys.map((key) =>
        fc.tuple(fc.constant(key), servers(family), fc.boolean()).map(
          ([key, list, sticky]) => vip(address, key, family, list, sticky),
        )
      ))
    )
  );
}

type Wish = { address: string; weight: Weight; otherwise: number | undefined; flush: boolean };

function vip(
  text: string,
  key: string,
  family: 4 | 6,
  list: readonly Wish[],
  sticky: boolean,
): DesiredVip {
  const [protocol, port] = key.split(" ").map(Number);
  const address = ip(text);
  const vipKey = {
    address,
    prefixLength: address.family === 4 ? 32 : 128,
    protocol: protocol ?? 0,
    port: port ?? 0,
  };
  return {
    ...vipKey,
    id: vipId(vipKey),
    frontend: `${text} ${key}`,
    encap: family === 4 ? "gre4" : "gre6",
    sticky,
    flowTableLength: 4096,
    servers: list.map(({ address, weight, otherwise, flush }) => ({
      address: ip(address),
      weight,
      otherwise: weight === "kept" ? otherwise : undefined,
      // Effective weights never flush a server that gets traffic.
      flush: flush && weight === 0,
    })).sort((a, b) => order(a.address.text) - order(b.address.text)),
  };
}

/** Numeric order of the few addresses used here. */
function order(text: string): number {
  return ["9.255.255.255", ...v4.slice(0, 3), ...v6].indexOf(text);
}

/** What a configuration may ask for. */
export const someDesired: fc.Arbitrary<DesiredVip[]> = fc.tuple(...addresses.map(onAddress)).map((
  lists,
) => lists.flat());

/** A request that anybody could have made by hand. */
const byHand = fc.record({
  what: fc.constantFrom("vip", "vip", "as", "as", "as", "del-as", "del-vip"),
  address: fc.constantFrom(...addresses, "198.51.100.0"),
  key: fc.constantFrom("6 80", "6 443", "17 53", "255 0", "47 0"),
  encap: fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 4),
  server: fc.constantFrom(...v4, ...v6),
  weight: fc.constantFrom(0, 50, 100, 255),
  sticky: fc.boolean(),
});

type Act = typeof byHand extends fc.Arbitrary<infer T> ? T : never;

function perform(vpp: ModelVpp, { what, address, key, encap, server, weight, sticky }: Act): void {
  const [protocol = 0, port = 0] = key.split(" ").map(Number);
  const parsed = ip(address);
  const len = address === "198.51.100.0" ? 24 : parsed.family === 4 ? 32 : 128;
  const common = { pfx: { address: parsed, len }, protocol, port };
  if (what === "vip" || what === "del-vip") {
    const is_del = what === "del-vip";
    vpp.vip({ ...common, ...plain, encap, src_ip_sticky: sticky, is_del });
  } else {
    const is_del = what === "del-as";
    vpp.server({ ...common, as_address: ip(server), weight, is_del, is_flush: false });
  }
}

const plain = { dscp: 0, type: 0, target_port: 0, node_port: 0, new_flows_table_length: 1024 };

/** A VPP that another configuration was in, and in which things were done by hand. */
export const someVpp: fc.Arbitrary<ModelVpp> = fc.tuple(
  someDesired,
  fc.array(byHand, { maxLength: 20 }),
).map(([before, acts]) => {
  const vpp = new ModelVpp();
  for (const { address, prefixLength, protocol, port, encap, sticky, servers } of before) {
    const key = { pfx: { address, len: prefixLength }, protocol, port };
    const number = encap === "gre4" ? 0 : 1;
    vpp.vip({ ...key, ...plain, encap: number, src_ip_sticky: sticky, is_del: false });
    for (const { address: as_address, weight } of servers) {
      const known = weight === "kept" ? 7 : weight;
      vpp.server({ ...key, as_address, weight: known, is_del: false, is_flush: false });
    }
  }
  for (const act of acts) perform(vpp, act);
  return vpp;
});
