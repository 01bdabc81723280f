import { type IpAddress, type IpFamily, type SpecialScope, specialScope } from "../../ip/mod.ts";
import { formatDuration } from "../duration.ts";
import { type Phase, placeOf, type ProblemList, type Section, show } from "../problems.ts";
import type { FrontendSection, LbSection, MaglevSection } from "../schema.ts";
import type { Frontend, LbConfig } from "../types.ts";

/** VPP's global settings, or undefined when something required is missing. */
export function lbConfig(section: LbSection, problems: ProblemList): LbConfig | undefined {
  const { values } = section;
  const { "ipv4-src-address": ipv4Source, "ipv6-src-address": ipv6Source } = values;
  checkStartup(section, problems);
  for (const key of sourceKeys) checkUnicast(section, key, "vpp", problems);
  if (!ipv4Source || !ipv6Source) return undefined;
  return {
    ipv4Source,
    ipv6Source,
    syncIntervalMs: values["sync-interval"],
    stickyBucketsPerCore: values["sticky-buckets-per-core"],
    buckets: values.buckets,
    flowTimeoutSeconds: values["flow-timeout"] / 1000,
    startupMinDelayMs: values["startup-min-delay"],
    startupMaxDelayMs: values["startup-max-delay"],
  };
}

function checkStartup(section: LbSection, problems: ProblemList): void {
  const { values, places } = section;
  const isGiven = places["startup-max-delay"] !== undefined;
  const min = values["startup-min-delay"];
  const max = values["startup-max-delay"];
  if (max >= min) return;
  const message = isGiven
    ? `must be at least startup-min-delay (${formatDuration(min)}), not ${formatDuration(max)}`
    : `must be at most startup-max-delay (${formatDuration(max)} by default), ` +
      `not ${formatDuration(min)}`;
  const key = isGiven ? "startup-max-delay" : "startup-min-delay";
  problems.add("vpp", ...placeOf(section, key), message);
}

const sourceKeys = ["ipv4-src-address", "ipv6-src-address"] as const;

/** `maglev.backends` as read, by name. */
type BackendSections = MaglevSection["values"]["backends"];

/** What an address is used for already, as it stands after "is". */
type Uses = ReadonlyMap<string, string>;

/** Anything with an address of its own. */
type Addressed = Section<{ readonly address: IpAddress | undefined }>;

/**
 * No address may stand for two things on a packet's way through VPP. A server at the address of an
 * all-port VIP, its own or another, makes VPP tunnel the first packet to itself until its stack is
 * full, and again after each restart; at that of a VIP with a port, or of a tunnel's source, its
 * share of the traffic is lost (docs/vpp.md, "Requests that kill VPP").
 */
export function checkAddresses(values: MaglevSection["values"], problems: ProblemList): void {
  const sources = sourceUses(values.vpp.values.lb, problems);
  const vips = new Map<string, string>();
  for (const [name, frontend] of values.frontends) {
    const { address } = frontend.values;
    if (!address) continue;
    reportUse(frontend, sources, "a VIP needs an address of its own", problems);
    if (vips.has(address.text)) continue;
    const line = problems.lineOf(frontend.places.address ?? frontend.at);
    vips.set(address.text, `the VIP of frontend ${show(name)} on line ${line}`);
  }
  for (const backend of values.backends.values()) {
    reportUse(
      backend,
      vips,
      "VPP would tunnel packets to itself, and lose them or crash",
      problems,
    );
    reportUse(backend, sources, "VPP would tunnel packets to itself, and lose them", problems);
  }
}

function sourceUses({ values, places, at }: LbSection, problems: ProblemList): Uses {
  const uses = new Map<string, string>();
  for (const key of sourceKeys) {
    const address = values[key];
    const line = problems.lineOf(places[key] ?? at);
    if (address) uses.set(address.text, `the ${key} of VPP's tunnels on line ${line}`);
  }
  return uses;
}

function reportUse(user: Addressed, uses: Uses, why: string, problems: ProblemList): void {
  const { address } = user.values;
  const use = address && uses.get(address.text);
  if (use === undefined) return;
  problems.add("vpp", ...placeOf(user, "address"), `${address?.text} is ${use}: ${why}`);
}

/** What else there is to say, where the scope alone does not tell what to do. */
const hints: Readonly<Partial<Record<SpecialScope, string>>> = {
  "an IPv4-mapped": "write the IPv4 address itself",
  "an IPv4-compatible": "VPP takes all of ::/96 for IPv4",
  "a link-local": "it means another host on each link, and no zone can be given",
};

/** Reports addresses that no single host can have: as a backend or VIP they are slips. */
export function checkUnicast<Key extends string>(
  section: Section<{ readonly [K in Key]: IpAddress | undefined }>,
  key: Key,
  phase: Phase,
  problems: ProblemList,
): void {
  const address = section.values[key];
  const scope = address && specialScope(address);
  if (!address || !scope) return;
  const hint = hints[scope];
  const message = `must not be ${scope} address: ${address.text}`;
  const isVppRule = scope === "an IPv4-compatible";
  const where = placeOf(section, key);
  problems.add(isVppRule ? "vpp" : phase, ...where, hint ? `${message}; ${hint}` : message);
}

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
    const vip = vips.getOrInsertComputed(address.text, () => ({ first: placed, encap: undefined }));
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
  const where = placeOf(placed.section, "address");
  problems.add("vpp", ...where, `${message}; VPP allows one or the other`);
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
  problems.add("vpp", ...placeOf(placed.section, "address"), message);
}

function encapFamily(frontend: Frontend, backends: BackendSections): IpFamily | undefined {
  for (const pool of frontend.pools) {
    for (const member of pool.backends) {
      const found = backends.get(member.backend)?.values.address;
      if (found) return found.family;
    }
  }
  return undefined;
}
