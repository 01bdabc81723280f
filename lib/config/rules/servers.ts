import { show } from "../path.ts";
import type { ProblemList } from "../problem_list.ts";
import type { BackendSpec } from "../schema/backend.ts";
import type { FrontendSpec } from "../schema/frontend.ts";
import type { SectionOf } from "../spec.ts";

/** `maglev.backends` as read, by name. */
export type BackendSections = ReadonlyMap<string, SectionOf<BackendSpec>>;

/** An AS is its address: VPP refuses a second one (-81) and could not weigh them apart. */
export function checkServers(
  frontend: string,
  { values }: SectionOf<FrontendSpec>,
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
