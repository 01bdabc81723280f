import { parseIp } from "../../lib/ip/mod.ts";
import { SimulatedVpp, type SimulatedVppOptions } from "../../lib/sim/mod.ts";
import type { WireAddress, WirePrefix } from "../../lib/sim/fields.ts";
import { FakeClock } from "../../lib/time/mod.ts";

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

/** An address as it goes over the wire. */
export function wireAddress(text: string): WireAddress {
  const address = parseIp(text);
  if (!address) throw new Error(`${text} is no address`);
  const bytes = new Uint8Array(16);
  bytes.set(address.bytes);
  return { family: address.family === 4 ? 0 : 1, bytes };
}

/** A prefix as it goes over the wire. */
export function wirePrefix(text: string): WirePrefix {
  const [address = "", length] = text.split("/");
  return { address: wireAddress(address), length: Number(length) };
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
    type: new Uint8Array(4),
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
    as_address: wireAddress(address),
    ...change,
  };
}

/** A dump's filter for everything. */
export const everything = {
  pfx: { address: { family: 0, bytes: new Uint8Array(16) }, length: 0 },
  pfx_matcher: { le: 255, ge: 255 },
  protocol: 255,
  port: 0,
};
