import { type IpAddress, type SpecialScope, specialScope } from "../../ip/mod.ts";
import type { Phase, ProblemList } from "../problem_list.ts";
import type { Path } from "../spec.ts";

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
