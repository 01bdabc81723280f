import { type IpAddress, specialScope } from "../../ip/mod.ts";
import type { Phase, ProblemList } from "../problem_list.ts";
import type { Path } from "../spec.ts";

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
  const hint = scope === "an IPv4-mapped" ? "; write the IPv4 address itself" : "";
  problems.add(phase, at, path, `must not be ${scope} address: ${address.text}${hint}`);
}
