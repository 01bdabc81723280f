/** What is desired as a list, and carrying it out against the model without anything in between. */

import type { Frontend } from "../../../lib/config/mod.ts";
import { atOnce, FakeClock } from "../../../lib/time/mod.ts";
import type { DesiredVip } from "../../../lib/vpp/state/desired.ts";
import { Ledger } from "../../../lib/vpp/state/ledger.ts";
import { prefixText } from "../../../lib/vpp/state/vip.ts";
import { Changes, type ChangesContext, Run } from "../../../lib/vpp/sync/changes.ts";
import { type Alteration, KnownState } from "../../../lib/vpp/state/known.ts";
import { readSnapshot } from "../../../lib/vpp/state/snapshot.ts";
import {
  allTargets,
  type Desired,
  frontendTarget,
  type Planning,
  type Target,
} from "../../../lib/vpp/sync/targets.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import type { ModelVpp } from "./model_vpp.ts";
import { ip } from "../../support/ip.ts";

/** A VPP, what is known of it, and what is desired of it at present. */
export class Carrying {
  readonly known = new KnownState();
  readonly ledger = new Ledger();
  readonly log = new RecordedLog();
  readonly clock = new FakeClock();
  readonly planning: Planning;
  readonly changes: Changes;
  /** What was waited for. */
  readonly awaited: string[] = [];
  /** Whether the VIP of a frontend may be touched. */
  mayTouch: (frontend: string) => boolean = () => true;

  constructor(
    readonly vpp: ModelVpp,
    public desired: readonly DesiredVip[],
    request: ChangesContext["client"]["request"] = vpp.request,
    private readonly stickyBucketsPerCore = 65_536,
  ) {
    const { known, ledger } = this;
    this.planning = {
      desired: desiredOf(() => this.desired),
      ...{ known, ledger },
      mayTouch: (frontend) => this.mayTouch(frontend),
    };
    this.changes = new Changes({
      ...{ known, ledger, log: this.log, clock: this.clock, client: { request } },
      checker: this.#checker(),
      progress: { awaiting: (what) => this.awaited.push(what), idle: () => {} },
    });
  }

  /** Asks VPP what it holds. */
  async look(): Promise<Alteration[]> {
    this.known.startDump();
    return atOnce(this.known.finishDump((await readSnapshot(this.vpp, this.clock)).vips));
  }

  /** A full sync by what is known. */
  everything(): Promise<Run> {
    return this.carryOut(allTargets(this.planning), "all");
  }

  /** A sync of all frontends that there are now, until `goOn` says that it is enough. */
  async eachUntil(goOn: () => Promise<boolean>): Promise<void> {
    const targets = this.desired.map(({ frontend }) => frontendTarget(frontend, this.planning));
    await this.changes.carryOut(targets, new Run("vip"), goOn);
  }

  /** A sync of one frontend by what is known. */
  one(frontend: string): Promise<Run> {
    return this.carryOut([frontendTarget(frontend, this.planning)], "vip");
  }

  async carryOut(targets: Iterable<Target>, scope: "all" | "vip"): Promise<Run> {
    const run = new Run(scope);
    await this.changes.carryOut(targets, run);
    return run;
  }

  /** Only addresses are asked of it, and which backend a server is. */
  #checker(): ChangesContext["checker"] {
    const { stickyBucketsPerCore } = this;
    const frontends = () =>
      new Map(this.desired.map((vip) => [vip.frontend, { ...bare, ...vip, name: vip.frontend }]));
    const sources = { ipv4Source: ip("192.0.2.254"), ipv6Source: ip("2001:db8::254") };
    const lb = { ...sources, stickyBucketsPerCore };
    return {
      get config() {
        return { lb, frontends: frontends() } as unknown as ReturnType<
          () => ChangesContext["checker"]["config"]
        >;
      },
      frontend: () => undefined,
      backend: () => undefined,
    };
  }
}

const bare = {
  description: "",
  srcIpSticky: false,
  flushOnDown: true,
  drainDeadlineMs: 0,
  slowStartMs: 0,
  failOpen: "never",
  pools: [],
} satisfies Partial<
  Frontend
>;

function desiredOf(vips: () => readonly DesiredVip[]): Desired {
  const named = (name: string) => vips().find(({ frontend }) => frontend === name);
  const on = (prefix: string) => vips().filter((vip) => prefixText(vip) === prefix);
  return {
    get generation() {
      return vips();
    },
    vip: named,
    idOf: (name) => named(name)?.id,
    vips: (names) => names.flatMap((name) => named(name) ?? []),
    prefixes: () =>
      new Map(
        [...Map.groupBy(vips(), prefixText)].map(([prefix, list]) =>
          [prefix, list.map(({ frontend }) => frontend)] as const
        ),
      ),
    siblings: (vip) => on(prefixText(vip)),
    ids: () => new Set(vips().map(({ id }) => id)),
  };
}
