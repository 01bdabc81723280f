import type { IpFamily } from "../../ip/mod.ts";
import { childPath, show } from "../path.ts";
import type { ProblemList } from "../problem_list.ts";
import type { BackendSection, FrontendSection } from "../schema.ts";
import type { Frontend } from "../types.ts";

/** A frontend, and the section to point at when it clashes with another. */
export interface PlacedFrontend {
  readonly frontend: Frontend;
  readonly section: FrontendSection;
}

/** What the first frontends of one VIP address settle for the later ones. */
interface Vip {
  readonly first: PlacedFrontend;
  encap: { readonly family: IpFamily; readonly by: string } | undefined;
}

/** No two frontends match the same packets. */
export function checkUnique(frontends: readonly PlacedFrontend[], problems: ProblemList): void {
  const seen = new Map<string, PlacedFrontend>();
  for (const placed of frontends) {
    const { address, protocol, port } = placed.frontend;
    const match = `${address.text} ${protocol} ${port}`;
    const first = seen.get(match);
    if (!first) {
      seen.set(match, placed);
      continue;
    }
    const what = port === 0 ? "all ports" : `${protocol} port ${port}`;
    const message = `${address.text}, ${what}, belongs to frontend ` +
      `${show(first.frontend.name)} already, on line ${problems.lineOf(first.section.at)}`;
    report(placed, message, "semantic", problems);
  }
}

/**
 * What VPP refuses about several frontends on one address (docs/vpp.md, "Return values": -81 and
 * -73).
 */
export function checkVips(
  frontends: readonly PlacedFrontend[],
  backends: BackendSections,
  problems: ProblemList,
): void {
  const vips = new Map<string, Vip>();
  for (const placed of frontends) {
    const { address } = placed.frontend;
    let vip = vips.get(address.text);
    if (!vip) {
      vip = { first: placed, encap: undefined };
      vips.set(address.text, vip);
    }
    checkPorts(placed, vip.first, problems);
    checkEncap(placed, vip, backends, problems);
  }
}

function checkPorts(placed: PlacedFrontend, first: PlacedFrontend, problems: ProblemList): void {
  const all = placed.frontend.port === 0;
  if (all === (first.frontend.port === 0)) return;
  const message = all
    ? `takes all ports of ${placed.frontend.address.text}, but frontend ` +
      `${show(first.frontend.name)} takes port ${first.frontend.port} of it`
    : `takes port ${placed.frontend.port} of ${placed.frontend.address.text}, but frontend ` +
      `${show(first.frontend.name)} takes all ports of it`;
  report(placed, `${message}; VPP allows one or the other`, "vpp", problems);
}

function checkEncap(
  placed: PlacedFrontend,
  vip: Vip,
  backends: BackendSections,
  problems: ProblemList,
): void {
  const { frontend } = placed;
  const family = encapFamily(frontend, backends);
  if (family === undefined) return;
  vip.encap ??= { family, by: frontend.name };
  if (vip.encap.family === family) return;
  const message = `has IPv${family} backends (gre${family}), but frontend ${show(vip.encap.by)} ` +
    `on the same VIP ${frontend.address.text} has IPv${vip.encap.family} ones; ` +
    "VPP allows one encap on an address";
  report(placed, message, "vpp", problems);
}

function encapFamily(
  frontend: Frontend,
  backends: BackendSections,
): IpFamily | undefined {
  for (const pool of frontend.pools) {
    for (const member of pool.backends) {
      const found = backends.get(member.backend)?.values.address;
      if (found) return found.family;
    }
  }
  return undefined;
}

function report(
  { section }: PlacedFrontend,
  message: string,
  phase: "semantic" | "vpp",
  problems: ProblemList,
): void {
  const at = section.places.address ?? section.at;
  problems.add(phase, at, childPath(section.path, "address"), message);
}

/** `maglev.backends` as read, by name. */
export type BackendSections = ReadonlyMap<string, BackendSection>;

/** An AS is its address: VPP refuses a second one (-81) and could not weigh them apart. */
export function checkServers(
  frontend: string,
  { values }: FrontendSection,
  backends: BackendSections,
  problems: ProblemList,
): void {
  const byAddress = new Map<string, string>();
  for (const pool of values.pools) {
    for (const [name, member] of pool.values.backends) {
      const address = backends.get(name)?.values.address?.text;
      if (address === undefined) continue;
      const first = byAddress.get(address);
      if (first === undefined) byAddress.set(address, name);
      else if (first !== name) {
        const message = `has the address ${address} as ${show(first)} has; ` +
          `in frontend ${show(frontend)} VPP can tell servers apart only by address`;
        problems.add("vpp", member.at, member.path, message);
      }
    }
  }
}
