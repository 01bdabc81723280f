import type { IpAddress } from "../../ip/mod.ts";
import { type ApiClient, RetvalError } from "../client/mod.ts";
import { ipRouteLookup } from "../../gen/vpp.ts";

/** A route whose counters are wanted. */
export interface RouteKey {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

const windowSize = 128;

/**
 * Where VPP counts the packets of routes: indices into `/net/route/…`, looked up once and kept
 * until told that they may have changed.
 */
export class RouteIndices {
  readonly #indices = new Map<string, number>();

  constructor(private readonly client: Pick<ApiClient, "request">) {}

  /** The index of a route; undefined when VPP has no such route, or was not asked. */
  index(key: RouteKey): number | undefined {
    return this.#indices.get(keyText(key));
  }

  /** Forgets the host route of this address. */
  forget(address: IpAddress): void {
    this.#indices.delete(keyText(hostRoute(address)));
  }

  /** Forgets everything. */
  clear(): void {
    this.#indices.clear();
  }

  /** Looks up what is not known. Rejects when the connection fails. */
  async learn(keys: readonly RouteKey[]): Promise<void> {
    const unknown = keys.filter((key) => !this.#indices.has(keyText(key)));
    for (let start = 0; start < unknown.length; start += windowSize) {
      await Promise.all(unknown.slice(start, start + windowSize).map((key) => this.#lookUp(key)));
    }
  }

  /** A route that VPP does not have (-6) stays unknown and is asked for again. */
  async #lookUp({ address, prefixLength }: RouteKey): Promise<void> {
    const prefix = { address, len: prefixLength };
    try {
      const reply = await this.client.request(ipRouteLookup, { table_id: 0, exact: 1, prefix });
      this.#indices.set(keyText({ address, prefixLength }), reply.route.stats_index);
    } catch (error) {
      if (!(error instanceof RetvalError)) throw error;
    }
  }
}

/** The /32 or /128 of an address. */
export function hostRoute(address: IpAddress): RouteKey {
  return { address, prefixLength: address.family === 4 ? 32 : 128 };
}

function keyText({ address, prefixLength }: RouteKey): string {
  return `${address.text}/${prefixLength}`;
}
