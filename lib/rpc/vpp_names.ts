import type { Config, Frontend } from "../config/mod.ts";
import { hostPrefix } from "../ip/mod.ts";

/** What one configuration calls the VIPs and servers that VPP knows by their addresses. */
export class VppNames {
  /** By {@link vipKey}. */
  #frontends: ReadonlyMap<string, string> | undefined;
  /** By prefix. */
  #onPrefix: ReadonlyMap<string, readonly string[]> | undefined;
  /** By address. */
  #atAddress: ReadonlyMap<string, readonly string[]> | undefined;
  /** By frontend, then by address: those that were asked for. */
  readonly #members = new Map<string, ReadonlyMap<string, string>>();

  /** Nothing is looked at before somebody asks. */
  constructor(readonly config: Config) {}

  /** The frontend of a VIP; empty for one that no frontend asks for. `any` has all ports. */
  frontend(prefix: string, protocol: string, port: number): string {
    this.#frontends ??= new Map(
      [...this.config.frontends.values()].map((frontend) => [
        vipKey(hostPrefix(frontend.address), protocolOf(frontend), frontend.port),
        frontend.name,
      ]),
    );
    return this.#frontends.get(vipKey(prefix, protocol, port)) ?? "";
  }

  /** The backend at that address in a frontend; empty where there is none. */
  backend(frontend: string, address: string): string {
    const known = this.#members.get(frontend) ?? this.#membersOf(frontend);
    this.#members.set(frontend, known);
    return known.get(address) ?? "";
  }

  /** Frontends on this prefix, sorted. */
  frontendsOn(prefix: string): readonly string[] {
    this.#onPrefix ??= grouped(this.config.frontends.values(), hostPrefix);
    return this.#onPrefix.get(prefix) ?? [];
  }

  /** Backends at this address, sorted. */
  backendsAt(address: string): readonly string[] {
    this.#atAddress ??= grouped(this.config.backends.values(), ({ text }) => text);
    return this.#atAddress.get(address) ?? [];
  }

  #membersOf(frontend: string): ReadonlyMap<string, string> {
    const { frontends, backends } = this.config;
    const members = frontends.get(frontend)?.pools.flatMap((pool) => pool.backends) ?? [];
    return new Map(
      members.map(({ backend }) => [backends.get(backend)?.address.text ?? "", backend]),
    );
  }
}

function vipKey(prefix: string, protocol: string, port: number): string {
  return `${prefix} ${protocol} ${port}`;
}

function protocolOf({ protocol, port }: Frontend): string {
  return port === 0 ? "any" : protocol;
}

/** Names by what `keyOf` makes of their addresses, sorted. */
function grouped<Named extends Pick<Frontend, "name" | "address">>(
  all: Iterable<Named>,
  keyOf: (address: Frontend["address"]) => string,
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, address } of all) {
    const key = keyOf(address);
    const names = groups.get(key);
    if (names) names.push(name);
    else groups.set(key, [name]);
  }
  for (const names of groups.values()) names.sort();
  return groups;
}
