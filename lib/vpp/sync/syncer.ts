import type { CheckerView } from "../../checker/mod.ts";
import type { Logger } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";
import { type ApiClient, pause } from "../client/mod.ts";
import {
  type DesiredVip,
  type FlushLedger,
  isEmpty,
  planOne,
  planPrefix,
  planSweep,
  type PrefixPlan,
  prefixText,
} from "../lb/mod.ts";
import type { VppObserver } from "../service.ts";
import { type ApplyCounts, applyPlans, noCounts } from "./apply.ts";
import { dumpActual } from "./dump.ts";
import { KnownState } from "./known.ts";
import { pushConf } from "./push_conf.ts";
import { DesiredView } from "./view.ts";
import { rejectWant, resolveWant, type Want, Wants } from "./wants.ts";

/** What syncing needs; one per connection. */
export interface SyncContext {
  readonly client: Pick<ApiClient, "request" | "dump">;
  readonly checker: CheckerView;
  readonly ledger: FlushLedger;
  readonly log: Logger;
  readonly clock: Clock;
  readonly observer?: Pick<VppObserver, "lbSync"> | undefined;
  /** Whether the VIP of this frontend may be touched: not all may in the warm-up. */
  readonly mayTouch: (frontend: string) => boolean;
  /** Told once when the connection has failed. */
  readonly broken: (error: unknown) => void;
}

/** Prefixes planned and applied together. */
const batchSize = 64;

/** Times that VPP is asked again what it holds when it refused a change. */
const maxRepeats = 2;

/**
 * Brings VPP in line, one sync at a time. Transitions are planned by what VPP is known to hold
 * and sent at once, even between the batches of a full sync and while a dump is under way; a full
 * sync, and a sync that an operator asks for, asks VPP first. Desired weights are taken at the
 * moment of planning, so nothing that was planned earlier can overwrite them.
 *
 * When VPP refuses something, what is known is wrong: it is asked again, and the rest is planned
 * anew, twice at most. What is refused still is left to the next drift pass.
 */
export class Syncer {
  readonly known = new KnownState();
  readonly #desired: DesiredView;
  readonly #wants = new Wants();
  #isKnown = false;
  #running = false;
  #stopped: Error | undefined;
  #wake = Promise.withResolvers<void>();
  /** Frontends of which something was refused while a dump was under way. */
  readonly #refused = new Set<string>();

  constructor(private readonly context: SyncContext) {
    this.#desired = new DesiredView(context.checker);
  }

  /** Whether nothing is under way and nothing waits. */
  get isIdle(): boolean {
    return !this.#running && !this.#wants.some;
  }

  /** Asks VPP what it holds, changing nothing. Once, before anything else. */
  async adopt(): Promise<void> {
    this.#running = true;
    try {
      await this.#dump();
    } finally {
      this.#running = false;
    }
    if (this.#wants.some) this.#run();
  }

  /** Syncs everything soon. */
  wantAll(): void {
    this.#wants.addAll();
    this.#run();
  }

  /** Syncs one frontend at once. */
  wantOne(frontend: string): void {
    this.#wants.addOne(frontend, false);
    this.#run();
  }

  /** Sets the global settings soon. */
  wantConf(): void {
    this.#wants.addConf();
    this.#run();
  }

  /** Syncs everything, or one frontend, after asking VPP; resolves when that is done. */
  sync(frontend?: string): Promise<ApplyCounts> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) throw this.#stopped;
      const waiter = { resolve, reject };
      if (frontend === undefined) this.#wants.addAll(waiter);
      else this.#wants.addOne(frontend, true, waiter);
      this.#run();
    });
  }

  /** Does nothing any more; rejects whoever waits. */
  stop(reason: Error): void {
    this.#stopped ??= reason;
    this.#wants.rejectAll(this.#stopped);
  }

  #run(): void {
    this.#wake.resolve();
    if (this.#running || this.#stopped) return;
    this.#running = true;
    // Not at once: what is asked for in the same turn belongs together.
    queueMicrotask(() => void this.#work());
  }

  async #work(): Promise<void> {
    try {
      while (this.#wants.some && !this.#stopped) await this.#next();
    } catch (error) {
      this.context.broken(error);
    } finally {
      this.#running = false;
    }
  }

  /** One round. Everything that waits gets its turn, however many transitions keep coming. */
  async #next(): Promise<void> {
    if (this.#wants.takeConf()) await this.#pushConf();
    const frontends = this.#wants.takeFrontends();
    if (frontends.size > 0) {
      await this.#guard([...frontends.values()], () => this.#syncFrontends(frontends, true));
    }
    const all = this.#wants.takeAll();
    if (all) await this.#guard([all], () => this.#syncAll(all));
  }

  /** Whoever waits is told when `work` fails. */
  async #guard(wants: readonly Want[], work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      for (const want of wants) rejectWant(want, error);
      throw error;
    }
  }

  async #pushConf(): Promise<void> {
    const { client, checker, log } = this.context;
    await pushConf(client, checker.config.lb, log);
  }

  async #dump(): Promise<void> {
    this.known.startDump();
    this.known.finishDump(await dumpActual(this.context.client));
    this.#isKnown = true;
  }

  /** Dumps, and goes on serving transitions meanwhile by what was known before. */
  async #dumpServing(): Promise<void> {
    if (!this.#isKnown) return await this.#dump();
    this.known.startDump();
    let isDone = false;
    const dumping = dumpActual(this.context.client).finally(() => isDone = true);
    // It may fail while a transition is being served: it is awaited in the end.
    dumping.catch(() => {});
    while (!isDone) {
      await this.#serveUrgent(false);
      this.#wake = Promise.withResolvers();
      if (this.#wants.urgent || isDone) continue;
      await Promise.race([dumping, this.#wake.promise]);
    }
    const dump = await dumping;
    await pause();
    this.known.finishDump(dump);
    await pause();
    for (const name of this.#refused) this.#wants.addOne(name, false);
    this.#refused.clear();
  }

  /** Syncs the frontends that have changed since, between two steps of something longer. */
  async #serveUrgent(mayDump: boolean): Promise<void> {
    if (!this.#wants.urgent) return;
    const frontends = this.#wants.takeFrontends(true);
    await this.#guard([...frontends.values()], () => this.#syncFrontends(frontends, mayDump));
  }

  async #syncFrontends(wants: ReadonlyMap<string, Want>, mayDump: boolean): Promise<void> {
    const fresh = [...wants.values()].some((want) => want.fresh);
    if (mayDump && (fresh || !this.#isKnown)) await this.#dumpServing();
    const total = noCounts();
    const startedAt = this.context.clock.now();
    let names = [...wants.keys()];
    this.#logStart("vip", names);
    for (let repeat = 0; names.length > 0; repeat++) {
      const refused = await this.#applyFrontends(names, total);
      // What is known is wrong. If a dump is under way already, these come again after it.
      if (!mayDump) { for (const name of refused) this.#refused.add(name); }
      if (refused.length === 0 || !mayDump || repeat === maxRepeats) break;
      await this.#dumpServing();
      names = refused;
    }
    this.#logDone("vip", total, startedAt, [...wants.keys()]);
    for (const want of wants.values()) resolveWant(want, total);
  }

  /** Plans and applies frontends; the result is those of which something was refused. */
  async #applyFrontends(names: readonly string[], total: ApplyCounts): Promise<string[]> {
    const refused: string[] = [];
    for (let start = 0; start < names.length && !this.#stopped; start += batchSize) {
      const batch = names.slice(start, start + batchSize);
      const plans = batch.map((name) => ({ name, plan: this.#planFrontend(name) }));
      const simple = plans.filter(({ plan }) => plan && isSimple(plan));
      const counts = noCounts();
      await this.#apply(simple.flatMap(({ plan }) => plan ?? []), "vip", counts);
      if (counts.refused > 0) refused.push(...simple.map(({ name }) => name));
      add(total, counts);
      for (const { name, plan } of plans) {
        if (!plan || isSimple(plan)) continue;
        // Planned again: making one VIP anew may have changed its siblings.
        if (!await this.#applyOne(name, total)) refused.push(name);
      }
      await pause();
    }
    return refused;
  }

  async #applyOne(name: string, total: ApplyCounts): Promise<boolean> {
    const plan = this.#planFrontend(name);
    if (!plan) return true;
    const counts = noCounts();
    await this.#apply([plan], "vip", counts);
    add(total, counts);
    return counts.refused === 0;
  }

  #planFrontend(name: string): PrefixPlan | undefined {
    const target = this.#desired.vip(name);
    if (!target || !this.context.mayTouch(name)) return undefined;
    this.context.ledger.settle(target);
    const plan = planOne(target, {
      actual: this.known.onPrefix(prefixText(target)),
      siblings: () => this.#desired.siblings(target),
      mayRecreate: this.context.mayTouch,
    }, this.context.ledger);
    if (plan.blocked.length > 0) this.#logBlocked(target);
    return plan;
  }

  async #syncAll(want: Want): Promise<void> {
    const startedAt = this.context.clock.now();
    this.#logStart("all", []);
    await this.#pushConf();
    await this.#dumpServing();
    const total = noCounts();
    for (let repeat = 0; repeat <= maxRepeats; repeat++) {
      const counts = noCounts();
      const generation = this.#desired.generation;
      await this.#applyAll(counts);
      add(total, counts);
      // A reload came in between: what is left is the business of the sync that it asks for.
      if (this.#stopped || this.#desired.generation !== generation) break;
      if (counts.refused === 0 || repeat === maxRepeats) break;
      await this.#dumpServing();
    }
    this.#logDone("all", total, startedAt, []);
    resolveWant(want, total);
  }

  async #applyAll(counts: ApplyCounts): Promise<void> {
    const generation = this.#desired.generation;
    const interrupted = async () => {
      await this.#serveUrgent(true);
      await pause();
      return this.#stopped !== undefined || this.#desired.generation !== generation;
    };
    const prefixes = this.#desired.prefixes();
    for (let start = 0; start < prefixes.length; start += batchSize) {
      if (await interrupted()) return;
      const plans: PrefixPlan[] = [];
      for (const [prefix, frontends] of prefixes.slice(start, start + batchSize)) {
        plans.push(this.#planPrefix(prefix, frontends));
        await pause();
      }
      if (this.#desired.generation !== generation) return;
      await this.#apply(plans, "all", counts);
    }
    if (await interrupted()) return;
    await this.#sweep(counts);
  }

  #planPrefix(prefix: string, frontends: readonly string[]): PrefixPlan {
    const desired = this.#desired.vips(frontends);
    for (const vip of desired) this.context.ledger.settle(vip);
    const actual = this.known.onPrefix(prefix);
    return planPrefix({ desired, actual }, this.context.ledger);
  }

  /** Removes what no frontend asks for. */
  async #sweep(counts: ApplyCounts): Promise<void> {
    const ids = this.#desired.ids();
    this.context.ledger.keepVips(ids);
    const stale = [...this.known.all()].filter(({ id }) => !ids.has(id));
    const plans = planSweep(stale);
    for (let start = 0; start < plans.length && !this.#stopped; start += batchSize) {
      await this.#apply(plans.slice(start, start + batchSize), "all", counts);
    }
  }

  async #apply(
    plans: readonly PrefixPlan[],
    scope: "all" | "vip",
    counts: ApplyCounts,
  ): Promise<void> {
    const work = plans.filter((plan) => !isEmpty(plan));
    if (work.length === 0) return;
    const { client, ledger, log, observer } = this.context;
    await applyPlans(work, { client, known: this.known, ledger, log, observer, scope }, counts);
  }

  #logBlocked(vip: DesiredVip): void {
    this.context.log.info("vpp-lbsync-blocked", {
      frontend: vip.frontend,
      vip: prefixText(vip),
      port: vip.port,
      reason: "another VIP of the address is in its way, which only a full sync may remove",
    });
  }

  #logStart(scope: "all" | "vip", frontends: readonly string[]): void {
    this.context.log.info("vpp-lbsync-start", { scope, frontends: someNames(frontends) });
  }

  #logDone(
    scope: "all" | "vip",
    counts: ApplyCounts,
    startedAt: number,
    frontends: readonly string[],
  ): void {
    const { log, clock } = this.context;
    log.info("vpp-lbsync-done", {
      scope,
      frontends: someNames(frontends),
      ...counts,
      "duration-ms": Math.round(clock.now() - startedAt),
    });
  }
}

/** The first few, for a record; undefined when there are none. */
function someNames(names: readonly string[]): readonly string[] | undefined {
  return names.length > 0 ? names.slice(0, 10) : undefined;
}

/** Whether only servers change, on the one VIP. */
function isSimple(plan: PrefixPlan): boolean {
  return plan.removals.length === 0 && plan.changes.every(({ addition }) => addition === "none");
}

function add(total: ApplyCounts, counts: ApplyCounts): void {
  for (const kind of Object.keys(counts) as (keyof ApplyCounts)[]) total[kind] += counts[kind];
}
