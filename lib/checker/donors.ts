import { isProbed } from "../health/mod.ts";
import type { ProbeTarget } from "../probes/mod.ts";
import type { BackendEntry } from "./backend.ts";
import { type CheckComparison, isProbedAlike } from "./same.ts";

/**
 * Backends that a reload takes away from where they were probed. What was found out there belongs
 * to the server and not to the name: whoever is probed there from now on, in the same way, takes
 * it over, be it at other intervals, so that renaming takes nobody out of service.
 */
export class Donors {
  readonly #byAddress: ReadonlyMap<string, readonly BackendEntry[]>;
  readonly #taken = new Set<BackendEntry>();

  /** `leaving` are known as they are before the reload. */
  constructor(leaving: readonly BackendEntry[]) {
    this.#byAddress = Map.groupBy(leaving, ({ job }) => job.target.address.text);
  }

  /** Takes one that was probed at the target of `entry` in the same way, each only once. */
  take(target: ProbeTarget, compare: CheckComparison): BackendEntry | undefined {
    return this.#takeFirst(target, ({ job }) => isProbedAlike(job.target, target, compare));
  }

  /** One that was probed at this address, in whatever way; it may be taken again. */
  at({ address }: ProbeTarget): BackendEntry | undefined {
    return this.#byAddress.get(address.text)?.find(({ health }) => isProbed(health.state));
  }

  /**
   * Takes one of `gone` that was at the address of `entry`, however it was probed: what an operator
   * said of it is about the server, under whatever name.
   */
  takeAny(target: ProbeTarget, gone: ReadonlySet<BackendEntry>): BackendEntry | undefined {
    return this.#takeFirst(target, (each) => gone.has(each));
  }

  #takeFirst(
    { address }: ProbeTarget,
    fits: (entry: BackendEntry) => boolean,
  ): BackendEntry | undefined {
    const donor = this.#byAddress.get(address.text)
      ?.find((each) => !this.#taken.has(each) && fits(each));
    if (donor) this.#taken.add(donor);
    return donor;
  }
}
