import type { CheckerView } from "../../checker/mod.ts";
import type { Frontend } from "../../config/mod.ts";
import {
  type AddressOf,
  compareVips,
  type DesiredVip,
  desiredVip,
  prefixText,
  vipId,
  vipKeyOf,
} from "../lb/mod.ts";

/** What the checker's configuration and health amount to for VPP, at the moment of asking. */
export class DesiredView {
  readonly #addressOf: AddressOf = (name) => this.checker.config.backends.get(name)?.address;

  constructor(private readonly checker: CheckerView) {}

  /** Changes with each reload. */
  get generation(): unknown {
    return this.checker.config;
  }

  /** The VIP of one frontend; undefined when there is no such frontend. */
  vip(frontend: string): DesiredVip | undefined {
    const snapshot = this.checker.frontend(frontend);
    return snapshot && desiredVip(snapshot, this.#addressOf);
  }

  /** Several at once; frontends that are gone are left out. */
  vips(frontends: readonly string[]): DesiredVip[] {
    return frontends.flatMap((name) => this.vip(name) ?? []);
  }

  /** Names of the frontends by prefix, in the order of {@link compareVips}. */
  prefixes(): [prefix: string, frontends: string[]][] {
    const keys = this.#frontends().map((one) => ({ ...vipKeyOf(one), name: one.name }));
    const groups = Map.groupBy(keys.sort(compareVips), prefixText);
    return [...groups].map(([prefix, vips]) => [prefix, vips.map(({ name }) => name)]);
  }

  /** The frontends on the same address as `vip`. */
  siblings(vip: DesiredVip): DesiredVip[] {
    const names = this.#frontends()
      .filter(({ address }) => address.text === vip.address.text)
      .map(({ name }) => name);
    return this.vips(names);
  }

  /** Ids of all VIPs that are desired. */
  ids(): Set<string> {
    return new Set(this.#frontends().map((frontend) => vipId(vipKeyOf(frontend))));
  }

  #frontends(): Frontend[] {
    return [...this.checker.config.frontends.values()];
  }
}
