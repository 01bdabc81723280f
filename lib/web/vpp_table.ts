import { Code } from "@connectrpc/connect";
import { hasCode } from "../cli/mod.ts";
import type { VPPLBState } from "../gen/maglev_pb.ts";
import type { Clock } from "../time/mod.ts";
import type { Buckets } from "./wire.ts";

/** For so many milliseconds what VPP holds is everybody's: it is asked for as a whole. */
const freshMs = 4_000;

const none: Buckets = { total: 0, of: {} };

/** VPP's tables behind one maglevd, for pages that ask for one frontend each. */
export class VppTable {
  #read:
    | { readonly at: number; readonly answer: Promise<ReadonlyMap<string, Buckets>> }
    | undefined;

  /** Nothing is asked before somebody wants to know. */
  constructor(
    private readonly clock: Pick<Clock, "now">,
    private readonly ask: () => Promise<VPPLBState>,
  ) {}

  /**
   * Who has how many buckets of a frontend's VIP; none while VPP is away, or of an older maglevd.
   * Rejects as the call does otherwise.
   */
  async buckets(frontend: string): Promise<Buckets> {
    const now = this.clock.now();
    if (!this.#read || now - this.#read.at >= freshMs) {
      this.#read = { at: now, answer: this.#ask() };
    }
    return (await this.#read.answer).get(frontend) ?? none;
  }

  async #ask(): Promise<ReadonlyMap<string, Buckets>> {
    try {
      return bucketsOf(await this.ask());
    } catch (error) {
      // VPP is away, or maglevd too old to tell.
      if (hasCode(error, Code.Unavailable, Code.Unimplemented)) return new Map();
      this.#read = undefined;
      throw error;
    }
  }
}

function bucketsOf({ vips }: VPPLBState): ReadonlyMap<string, Buckets> {
  return new Map(vips.map(({ frontend, flowTableLength, applicationServers }) => {
    const named = applicationServers.filter(({ backend }) => backend !== "");
    const of = Object.fromEntries(named.map(({ backend, numBuckets }) => [backend, numBuckets]));
    return [frontend, { total: flowTableLength, of }];
  }));
}
