import { type IpAddress, type SpecialScope, specialScope } from "../../ip/mod.ts";
import { childPath, show } from "../path.ts";
import type { Phase, ProblemList } from "../problem_list.ts";
import type { MaglevSection } from "../schema.ts";
import type { Path } from "../json_schema.ts";

type Values = MaglevSection["values"];

/** What an address is used for already, as it stands after "is". */
type Uses = ReadonlyMap<string, string>;

/** Anything with an address of its own. */
interface Addressed {
  readonly at: number;
  readonly path: Path;
  readonly values: { readonly address: IpAddress | undefined };
  readonly places: { readonly address?: number };
}

const sourceKeys = ["ipv4-src-address", "ipv6-src-address"] as const;

/**
 * No address may stand for two things on a packet's way through VPP. A server at the address of an
 * all-port VIP, its own or another, makes VPP tunnel the first packet to itself until its stack is
 * full, and again after each restart; at that of a VIP with a port, or of a tunnel's source, its
 * share of the traffic is lost (docs/vpp.md, "Requests that kill VPP").
 */
export function checkAddresses(values: Values, problems: ProblemList): void {
  const sources = sourceUses(values.vpp.values.lb, problems);
  const vips = new Map<string, string>();
  for (const [name, frontend] of values.frontends) {
    const { address } = frontend.values;
    if (!address) continue;
    report(frontend, sources, "a VIP needs an address of its own", problems);
    if (vips.has(address.text)) continue;
    const line = problems.lineOf(frontend.places.address ?? frontend.at);
    vips.set(address.text, `the VIP of frontend ${show(name)} on line ${line}`);
  }
  for (const backend of values.backends.values()) {
    report(backend, vips, "VPP would tunnel packets to itself, and lose them or crash", problems);
    report(backend, sources, "VPP would tunnel packets to itself, and lose them", problems);
  }
}

function sourceUses({ values, places, at }: Values["vpp"]["values"]["lb"], problems: ProblemList) {
  const uses = new Map<string, string>();
  for (const key of sourceKeys) {
    const address = values[key];
    const line = problems.lineOf(places[key] ?? at);
    if (address) uses.set(address.text, `the ${key} of VPP's tunnels on line ${line}`);
  }
  return uses;
}

function report(user: Addressed, uses: Uses, why: string, problems: ProblemList): void {
  const { address } = user.values;
  const use = address && uses.get(address.text);
  if (use === undefined) return;
  const message = `${address?.text} is ${use}: ${why}`;
  problems.add("vpp", user.places.address ?? user.at, childPath(user.path, "address"), message);
}

/** What else there is to say, where the scope alone does not tell what to do. */
const hints: Readonly<Partial<Record<SpecialScope, string>>> = {
  "an IPv4-mapped": "write the IPv4 address itself",
  "an IPv4-compatible": "VPP takes all of ::/96 for IPv4",
  "a link-local": "it means another host on each link, and no zone can be given",
};

/** Reports addresses that no single host can have: as a backend or VIP they are slips. */
export function checkUnicast(
  address: IpAddress,
  at: number,
  path: Path,
  phase: Phase,
  problems: ProblemList,
): void {
  const scope = specialScope(address);
  if (scope === undefined) return;
  const hint = hints[scope];
  const message = `must not be ${scope} address: ${address.text}`;
  const isVppRule = scope === "an IPv4-compatible";
  problems.add(isVppRule ? "vpp" : phase, at, path, hint ? `${message}; ${hint}` : message);
}
