import type { Config, Frontend } from "../../../lib/config/mod.ts";
import type { VppService } from "../../../lib/vpp/mod.ts";
import { CheckerBed } from "../../api/support/checker_bed.ts";
import { smallConfig } from "../../api/support/small_config.ts";
import { ip } from "../../support/ip.ts";
import { steer } from "../../support/steer.ts";
import { long } from "./odd_configs.ts";
import { sampleVpp } from "./sample_vpp.ts";

/** As long as an address gets. */
const address = ip("2001:db8:1234:5678:9abc:def0:1234:5678");

/** Those of {@link smallConfig}, and that one. */
const addresses = [...[1, 2, 3, 5, 6, 7, 8].map((i) => `198.51.0.${i}`), address.text];

/** `www` has a pool and one for when that is down, `api` serves though all are down. */
function config(): Config {
  const config = smallConfig(8);
  const backends = [...config.backends].map(([name, backend]) =>
    name === "web3"
      ? [long, { ...backend, name: long, address }] as const
      : [name, backend] as const
  );
  const pool = (name: string, ...members: readonly string[]) => ({
    name,
    backends: members.map((backend) => ({ backend, weight: 100 })),
  });
  const pools: Record<string, Frontend["pools"]> = {
    www: [pool("primary", "web0", "web1", "web2", long), pool("fallback", "web4", "web5")],
    api: [pool("all", "web6", "web7")],
  };
  const frontends = [...config.frontends].map(([name, frontend]) =>
    [name, {
      ...frontend,
      pools: pools[name] ?? [],
      slowStartMs: 600_000,
      failOpen: "all-down",
    }] as const
  );
  const flap = { changes: 3, withinMs: 600_000, holdMs: 600_000, maxHoldMs: 600_000 };
  const checks = [...config.healthchecks].map(([name, check]) =>
    [name, { ...check, flap }] as const
  );
  return {
    ...config,
    backends: new Map(backends),
    frontends: new Map(frontends),
    healthchecks: new Map(checks),
  };
}

/** Backends with every mark that there is. */
export function markedBed(): CheckerBed {
  const bed = new CheckerBed(config());
  const { checker } = bed;
  for (const name of ["web0", "web1", "web2", long, "web4", "web5", "web6", "web7"]) {
    bed.move(name, "up");
  }
  for (const name of ["web0", "web1", "web6", "web7"]) bed.move(name, "down");
  // Since it was down it gets its weight bit by bit.
  for (const name of ["web0", "web1"]) bed.move(name, "up");
  // That is once too often.
  bed.move("web1", "down");
  const { disable, pause, setWeight } = steer(checker);
  disable("web2");
  pause("web4");
  setWeight("www", "primary", "web0", 50, false);
  setWeight("www", "fallback", "web4", 50, false);
  return bed;
}

/** A VPP that sends so much that figures are as wide as they get, and has just moved flows. */
export function busyVpp(): VppService {
  const sample = sampleVpp();
  let packets = 0;
  const counters = () => {
    const read = sample.counters();
    if (!read) return read;
    packets += 6_170_000;
    const sent = { packets, bytes: 1_000 * packets };
    return {
      ...read,
      vips: read.vips.map((vip) => ({ ...vip, next: packets })),
      addresses: read.addresses.map((each) => ({ ...each, ...sent })),
      servers: addresses.map((address) => ({ address, ...sent })),
    };
  };
  const state = async () => {
    const { conf, vips } = await sample.state();
    const servers = addresses.map((text) => (
      { address: ip(text), weight: 100, flags: 3, buckets: 65_536 }
    ));
    return { conf, vips: vips.map((vip) => ({ ...vip, flowTableLength: 524_288, servers })) };
  };
  return { ...sample, counters, state };
}
