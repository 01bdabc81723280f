import { SimulatedVpp, type SimulatedVppOptions } from "../../../lib/sim/mod.ts";
import type { Prefix } from "../../../lib/gen/vpp.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { ip } from "../../support/ip.ts";

/** What a test gets. */
export interface Bench {
  readonly vpp: SimulatedVpp;
  readonly clock: FakeClock;
  readonly apiPath: string;
  readonly statsPath: string;
}

/** Runs a test with a simulated VPP of its own, started, its clock standing still. */
export async function withVpp(
  run: (bench: Bench) => Promise<void>,
  options: Partial<SimulatedVppOptions> = {},
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "mgl-sim-" });
  const apiPath = `${directory}/api.sock`;
  const statsPath = `${directory}/stats.sock`;
  const clock = new FakeClock();
  try {
    await using vpp = new SimulatedVpp({ apiPath, statsPath, clock, ...options });
    vpp.start();
    await run({ vpp, clock, apiPath, statsPath });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A prefix as requests have it. */
export function wirePrefix(text: string): Prefix {
  const [address = "", length] = text.split("/");
  return { address: ip(address), len: Number(length) };
}

/** The fields of a request for a VIP; port 80 TCP unless said otherwise. */
export function vipFields(prefix: string, port = 80, protocol = 6) {
  return { pfx: wirePrefix(prefix), protocol, port };
}

/** A request for a new gre4 VIP, or what `change` makes of it. */
export function newVip(
  prefix: string,
  change: Partial<ReturnType<typeof vipDefaults>> & { port?: number; protocol?: number } = {},
) {
  return { ...vipFields(prefix, change.port, change.protocol), ...vipDefaults(), ...change };
}

function vipDefaults() {
  return {
    encap: 0,
    dscp: 0,
    type: 0,
    target_port: 0,
    node_port: 0,
    new_flows_table_length: 1024,
    src_ip_sticky: false,
    is_del: false,
  };
}

/** A request for a new server, or what `change` makes of it. */
export function newServer(
  prefix: string,
  address: string,
  change: {
    port?: number;
    protocol?: number;
    weight?: number;
    is_del?: boolean;
    is_flush?: boolean;
  } = {},
) {
  return {
    weight: 100,
    is_del: false,
    is_flush: false,
    ...vipFields(prefix, change.port, change.protocol),
    as_address: ip(address),
    ...change,
  };
}

/** A dump's filter for everything. */
export const everything = {
  pfx: wirePrefix("0.0.0.0/0"),
  pfx_matcher: { le: 255, ge: 255 },
  protocol: 255,
  port: 0,
};
