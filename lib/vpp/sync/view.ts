import type { DesiredSource } from "../../checker/mod.ts";
import type { Config, Frontend } from "../../config/mod.ts";
import {
  type AddressOf,
  compareVips,
  type DesiredVip,
  desiredVip,
  prefixText,
  type ServerLayout,
  serverLayout,
  vipId,
  vipKeyOf,
  type WeighedFrontend,
} from "../lb/mod.ts";

/** What follows from one configuration, whatever the health: worked out once. */
interface Digest {
  readonly config: Config;
  /** Names of the frontends by prefix, in the order of compareVips. */
  readonly prefixes: readonly (readonly [prefix: string, frontends: readonly string[]])[];
  readonly byPrefix: ReadonlyMap<string, readonly string[]>;
  readonly ids: ReadonlySet<string>;
  /** By the pools of a frontend, which are other ones after each change of a weight. */
  readonly layouts: WeakMap<Frontend["pools"], ServerLayout>;
  readonly addressOf: AddressOf;
}

/** What the checker's configuration and health amount to for VPP, at the moment of asking. */
export class DesiredView {
  #latest: Digest | undefined;

  constructor(private readonly checker: Pick<DesiredSource, "config" | "frontend">) {}

  /** Changes with each reload. */
  get generation(): unknown {
    return this.checker.config;
  }

  /** The VIP of one frontend; undefined when there is no such frontend. */
  vip(frontend: string): DesiredVip | undefined {
    const snapshot = this.checker.frontend(frontend);
    return snapshot &&
      desiredVip(snapshot, this.#layoutOf(snapshot), this.checker.config.lb.buckets);
  }

  /** The id of its VIP, at less cost. */
  idOf(frontend: string): string | undefined {
    const snapshot = this.checker.frontend(frontend);
    return snapshot && vipId(vipKeyOf(snapshot.config));
  }

  /** Several at once; frontends that are gone are left out. */
  vips(frontends: readonly string[]): DesiredVip[] {
    return frontends.flatMap((name) => this.vip(name) ?? []);
  }

  /** Names of the frontends by prefix, in numeric order. */
  prefixes(): Digest["prefixes"] {
    return this.#digest().prefixes;
  }

  /** The frontends on the same prefix as `vip`, itself included. */
  siblings(vip: DesiredVip): DesiredVip[] {
    return this.vips(this.#digest().byPrefix.get(prefixText(vip)) ?? []);
  }

  /** Ids of all VIPs that are desired. */
  ids(): ReadonlySet<string> {
    return this.#digest().ids;
  }

  #layoutOf({ config }: WeighedFrontend): ServerLayout {
    const { layouts, addressOf } = this.#digest();
    const known = layouts.get(config.pools);
    if (known) return known;
    const layout = serverLayout(config, addressOf);
    layouts.set(config.pools, layout);
    return layout;
  }

  #digest(): Digest {
    const { config } = this.checker;
    if (this.#latest?.config !== config) this.#latest = digest(config);
    return this.#latest;
  }
}

function digest(config: Config): Digest {
  const vips = [...config.frontends.values()]
    .map((frontend) => ({ ...vipKeyOf(frontend), name: frontend.name })).sort(compareVips);
  const groups = Map.groupBy(vips, prefixText);
  const prefixes = [...groups].map(([prefix, members]) =>
    [prefix, members.map(({ name }) => name)] as const
  );
  return {
    config,
    prefixes,
    byPrefix: new Map(prefixes),
    ids: new Set(vips.map(vipId)),
    layouts: new WeakMap(),
    addressOf: (backend) => config.backends.get(backend)?.address,
  };
}
