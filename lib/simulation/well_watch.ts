import { hostPrefix } from "../ip/mod.ts";
import { protocols, vipName } from "./desired.ts";
import type { Change } from "./reasons.ts";
import { serverAddress, type Site, type SiteFrontend, vipAddress } from "./site.ts";

/**
 * Knows without the checker's help which servers have to have traffic: those that have always been
 * well and were seen to be, that nobody has steered, and that the file, before and after a reload,
 * has in the first pool of a frontend with a weight. Nothing may take it from them.
 */
export class WellWatch {
  readonly #steered = new Set<string>();
  readonly #steeredNames = new Set<string>();
  /** The files that what VPP carries out may go by, the present one last. */
  #files: readonly File[];
  #site: Site;

  /**
   * `isWell` tells whether a server was seen to be well, and always has been; `decidedSince` since
   * when what VPP carries out now may have been decided.
   */
  constructor(
    site: Site,
    private readonly isWell: (address: string) => boolean,
    private readonly decidedSince: () => number,
  ) {
    this.#site = site;
    this.#files = [{ due: dueOf(site), replacedAt: Infinity }];
  }

  /** An operator has said something about a backend. */
  steered(backend: string): void {
    this.#steeredNames.add(backend);
    this.#noteSteered();
  }

  /** The file is loaded anew; until that is done the one before is in force. */
  loading(site: Site, now: number): void {
    this.#noteRenamed(this.#site.backends, site.backends);
    this.#site = site;
    const former = this.#inForce().map((file) =>
      file.replacedAt === Infinity ? { ...file, replacedAt: now } : file
    );
    this.#files = [...former, { due: dueOf(site), replacedAt: Infinity }];
    this.#noteSteered();
  }

  /** Why VPP should not have been asked this. */
  against(change: Change): string | undefined {
    if (change.kind !== "set weight" || (change.weight > 0 && !change.flush)) return undefined;
    const { vip, address } = change;
    const isDue = this.#inForce().every(({ due }) => due.get(vip)?.has(address));
    if (!isDue || this.#steered.has(address) || !this.isWell(address)) return undefined;
    return "the server was always well and nobody took it out of service";
  }

  /** The present file and the one before, and those that a hung VPP was told of in its time. */
  #inForce(): readonly File[] {
    const since = this.decidedSince();
    return this.#files.filter(({ replacedAt }, at) =>
      at >= this.#files.length - 2 || replacedAt >= since
    );
  }

  /** What was said of a backend goes on under the name that its server has now. */
  #noteRenamed(before: Site["backends"], after: Site["backends"]): void {
    for (const former of this.#steeredNames) {
      if (former in after) continue;
      for (const [name, { server }] of Object.entries(after)) {
        if (!(name in before) && server === before[former]?.server) this.#steeredNames.add(name);
      }
    }
  }

  #noteSteered(): void {
    for (const name of this.#steeredNames) {
      const backend = this.#site.backends[name];
      if (backend) this.#steered.add(serverAddress(backend.server).text);
    }
  }
}

/** By VIP, the addresses that have to have traffic. */
type Due = ReadonlyMap<string, ReadonlySet<string>>;

interface File {
  readonly due: Due;
  /** When the next one was loaded. */
  readonly replacedAt: number;
}

function dueOf({ frontends, backends }: Site): Due {
  return new Map(
    Object.values(frontends).map((frontend) => {
      const addresses = Object.entries(frontend.pools[0] ?? {}).flatMap(([name, weight]) => {
        const backend = backends[name];
        return backend?.enabled && weight > 0 ? [serverAddress(backend.server).text] : [];
      });
      return [nameOf(frontend), new Set(addresses)];
    }),
  );
}

function nameOf({ vip, protocol, port }: SiteFrontend): string {
  return vipName({ prefix: hostPrefix(vipAddress(vip)), protocol: protocols[protocol], port });
}
