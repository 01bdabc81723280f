import type { IpFamily } from "../../ip/mod.ts";
import type { Suggester } from "../hints.ts";
import { placeOf, type ProblemList, show } from "../problems.ts";
import type { BackendSection, FrontendSection, MaglevSection, PoolSection } from "../schema.ts";
import type { Backend, Frontend, FrontendProtocol, Pool } from "../types.ts";
import { checkUnicast, type PlacedFrontend } from "./vpp.ts";

/** What the rules of one section need to know about the rest of the file. */
export interface Surroundings {
  readonly values: MaglevSection["values"];
  readonly problems: ProblemList;
  readonly suggester: Suggester;
}

/** The backend that a section describes, or undefined when something required is missing. */
export function backend(
  name: string,
  section: BackendSection,
  { values: { healthchecks }, problems, suggester }: Surroundings,
): Backend | undefined {
  const { address, healthcheck, enabled } = section.values;
  checkUnicast(section, "address", "semantic", problems);
  if (healthcheck !== undefined && !healthchecks.has(healthcheck)) {
    const hint = suggester.hint(healthcheck, healthchecks.keys());
    const message = `no health check is named ${show(healthcheck)}${hint}`;
    problems.add("semantic", ...placeOf(section, "healthcheck"), message);
  }
  if (!address || healthcheck === undefined) return undefined;
  return { name, address, healthcheck, enabled };
}

/** The frontend that a section describes, or undefined when something required is missing. */
export function frontend(
  name: string,
  section: FrontendSection,
  around: Surroundings,
): Frontend | undefined {
  const { values } = section;
  const protocol = protocolOf(section, around.problems);
  checkPools(name, section, around);
  checkUnicast(section, "address", "semantic", around.problems);
  if (!values.address) return undefined;
  return {
    name,
    description: values.description,
    address: values.address,
    protocol,
    port: values.port,
    srcIpSticky: values["src-ip-sticky"],
    flushOnDown: values["flush-on-down"],
    drainDeadlineMs: values["drain-deadline"],
    slowStartMs: values["slow-start"],
    failOpen: failOpenOf(values["fail-open"]),
    pools: values.pools.map(poolOf),
  };
}

function failOpenOf(text: string): Frontend["failOpen"] {
  return text === "never" || text === "all-down" ? text : parseInt(text, 10);
}

function protocolOf(section: FrontendSection, problems: ProblemList): FrontendProtocol {
  const { protocol, port } = section.values;
  const where = placeOf(section, "protocol");
  if (port > 0 && section.places.protocol === undefined) {
    const message = `is required because port is ${port} (one of tcp, udp)`;
    problems.add("semantic", ...where, message);
  }
  if (port === 0 && protocol !== undefined) {
    // VPP would forward every protocol, which is not what the file says.
    const message = `${protocol} needs a port: without one the VIP takes every protocol`;
    problems.add("semantic", ...where, message);
  }
  return protocol ?? "any";
}

function poolOf({ values }: PoolSection): Pool {
  const backends = Array.from(
    values.backends,
    ([backend, { values: { weight } }]) => ({ backend, weight }),
  );
  return { name: values.name ?? "", backends };
}

function checkPools(frontend: string, section: FrontendSection, around: Surroundings): void {
  const { pools } = section.values;
  if (section.places.pools !== undefined && pools.length === 0) {
    const message = "needs at least one pool, not an empty list";
    around.problems.add("semantic", ...placeOf(section, "pools"), message);
  }
  const poolNames = new Map<string, PoolSection>();
  const members = new Members(frontend, around);
  for (const pool of pools) {
    checkPoolName(pool, poolNames, around.problems);
    if (pool.places.backends !== undefined && pool.values.backends.size === 0) {
      const message = "needs at least one backend, not an empty mapping";
      around.problems.add("semantic", ...placeOf(pool, "backends"), message);
    }
    for (const [name, member] of pool.values.backends) members.add(name, member, pool);
  }
}

function checkPoolName(
  pool: PoolSection,
  names: Map<string, PoolSection>,
  problems: ProblemList,
): void {
  const { name } = pool.values;
  if (name === undefined) return;
  const first = names.get(name);
  if (!first) return void names.set(name, pool);
  const line = problems.lineOf(first.places.name ?? first.at);
  const message = `this frontend has a pool named ${show(name)} already, on line ${line}`;
  problems.add("semantic", ...placeOf(pool, "name"), message);
}

type Member = PoolSection["values"]["backends"] extends ReadonlyMap<string, infer S> ? S : never;

/** The backends of one frontend, pool after pool. */
class Members {
  readonly #seen = new Map<string, PoolSection>();
  readonly #byAddress = new Map<string, string>();
  #first: { readonly name: string; readonly family: IpFamily } | undefined;

  constructor(private readonly frontend: string, private readonly around: Surroundings) {}

  add(name: string, member: Member, pool: PoolSection): void {
    const { values: { backends }, suggester } = this.around;
    const first = this.#seen.get(name);
    const known = backends.get(name);
    if (first) {
      const which = show(first.values.name ?? "");
      this.#report(member, `stands in pool ${which} already; once in a frontend is the limit`);
    } else if (!known) {
      const hint = suggester.hint(name, backends.keys());
      this.#report(member, `no backend is named ${show(name)}${hint}`);
    } else if (known.values.address) this.#family(name, known.values.address.family, member);
    this.#seen.set(name, first ?? pool);
    if (known?.values.address) this.#server(name, known.values.address.text, member);
  }

  /** An AS is its address: VPP refuses a second one (-81) and could not weigh them apart. */
  #server(name: string, address: string, member: Member): void {
    const first = this.#byAddress.getOrInsert(address, name);
    if (first === name) return;
    const message = `has the address ${address} as ${show(first)} has; ` +
      `in frontend ${show(this.frontend)} VPP can tell servers apart only by address`;
    this.around.problems.add("vpp", member.at, member.path, message);
  }

  /** The backends' family is the encap's, and a VIP has one encap. */
  #family(name: string, family: IpFamily, member: Member): void {
    this.#first ??= { name, family };
    if (this.#first.family === family) return;
    const { name: other, family: expected } = this.#first;
    const message = `is an IPv${family} backend, but ${show(other)} is an IPv${expected} one; ` +
      "the backends of a frontend must be of one family";
    this.#report(member, message);
  }

  #report(member: Member, message: string): void {
    this.around.problems.add("semantic", member.at, member.path, message);
  }
}

/** No two frontends match the same packets. */
export function checkUnique(frontends: readonly PlacedFrontend[], problems: ProblemList): void {
  const seen = new Map<string, PlacedFrontend>();
  for (const placed of frontends) {
    const { address, protocol, port } = placed.frontend;
    const match = `${address.text} ${protocol} ${port}`;
    const first = seen.getOrInsert(match, placed);
    if (first === placed) continue;
    const what = port === 0 ? "all ports" : `${protocol} port ${port}`;
    const message = `${address.text}, ${what}, belongs to frontend ` +
      `${show(first.frontend.name)} already, on line ${problems.lineOf(first.section.at)}`;
    problems.add("semantic", ...placeOf(placed.section, "address"), message);
  }
}
