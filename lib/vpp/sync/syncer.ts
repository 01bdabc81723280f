import type { CheckerView } from "../../checker/mod.ts";
import type { EventSink } from "../../events/mod.ts";
import { inSlices, type Timer, yieldIfDue } from "../../time/mod.ts";
import type { Dumper } from "../../vppclient/mod.ts";
import type { LbConf, VppObserver } from "../service.ts";
import { readConf, setConf } from "../state/conf.ts";
import { DesiredView } from "../state/desired.ts";
import type { Alteration } from "../state/known.ts";
import { readSnapshot } from "../state/snapshot.ts";
import { describeVip, prefixText } from "../state/vip.ts";
import { addCounts, Changes, type ChangesContext, type Refusal, Run } from "./changes.ts";
import { type Pending, rejectAll, resolveAll, type SyncCounts, type Waiter } from "./pending.ts";
import { type StepTracker, summaryOf } from "./step_tracker.ts";
import { allTargets, frontendTarget, type Planning } from "./targets.ts";

/** What keeping a VPP in line needs; one per connection, of whose VPP nothing is known at first. */
export interface SyncContext extends ChangesContext, Pick<Planning, "mayTouch"> {
  readonly client: Dumper;
  /** What is to be done, whoever asks for it. */
  readonly pending: Pending;
  readonly step: StepTracker;
  readonly checker: CheckerView;
  readonly events: EventSink;
  readonly observer?: Pick<VppObserver, "lbSync" | "altered"> | undefined;
  /** Told once, when it is known what VPP holds. What it makes pending is done first. */
  readonly adopted: () => void;
}

/**
 * Brings VPP in line for as long as the connection lasts: adopts what VPP holds, then takes what is
 * pending and does it, again and again. Nothing else ever changes VPP, and as this is one sequence
 * of steps, nothing is ever planned while something planned before is on its way.
 *
 * Never resolves. Rejects with why the connection ended, or with the signal's reason.
 */
export async function keepInLine(context: SyncContext, signal: AbortSignal): Promise<never> {
  const syncer = new Syncer(context);
  try {
    return await syncer.run(signal);
  } finally {
    syncer.close();
  }
}

/**
 * Frontends that have changed are planned by what VPP is known to hold and served first, also
 * between the windows of a full sync and while a dump is under way. A full sync, and a sync that an
 * operator asks for, asks VPP first.
 *
 * When VPP refuses something, it is asked what it holds, once. If that is other than was known, the
 * refused is planned anew; else VPP is out of step until something changes, or the next full sync.
 */
class Syncer {
  readonly #desired: DesiredView;
  readonly #changes: Changes;
  readonly #planning: Planning;
  /** Refusals whose prefix was since found to be other than it was known. */
  readonly #explained = new Set<Refusal>();
  #isAdopted = false;
  /** Whether everything was looked at since the connect. */
  #isWhole = false;
  #drift: Timer | undefined;

  constructor(private readonly context: SyncContext) {
    this.#desired = new DesiredView(context.checker);
    this.#changes = new Changes(context);
    this.#planning = { ...context, desired: this.#desired };
  }

  close(): void {
    this.#drift?.cancel();
  }

  async run(signal: AbortSignal): Promise<never> {
    const { pending, progress, step, adopted } = this.context;
    await this.#look();
    this.#isAdopted = true;
    adopted();
    await this.#round(true);
    for (;;) {
      progress.idle();
      step.rest();
      await pending.some(signal);
      step.begin();
      await this.#round(false);
    }
  }

  /**
   * Everything that is pending gets its turn, however many changes keep coming. `isFresh`: what is
   * known has just been asked for.
   */
  async #round(isFresh: boolean): Promise<void> {
    const { pending, client, step } = this.context;
    await this.#serveChanged();
    await this.#reconsider();
    const asked = pending.takeAsked();
    const all = pending.takeAll();
    const waiters = [...asked.values(), all ?? []].flat();
    try {
      if (waiters.length > 0 || (all && !isFresh)) await this.#look();
      else if (pending.takeConf()) await this.#setConf(await readConf(client));
      if (asked.size > 0) await this.#syncAsked(asked);
      if (all) await this.#syncAll(all);
    } catch (error) {
      rejectAll(waiters, error);
      throw error;
    }
    if (!pending.isAllPending) step.settled(this.#isWhole);
  }

  /** Asks VPP what it holds. Changes are served meanwhile, once it is known what it held before. */
  async #look(): Promise<ReadonlySet<string>> {
    const { client, clock, pending, known, step, progress } = this.context;
    progress.awaiting("what VPP holds");
    known.startDump();
    let isDone = false;
    const reading = readSnapshot(client, clock).finally(() => isDone = true);
    // It may fail while a change is being served: it is awaited in the end.
    void Promise.allSettled([reading]);
    while (this.#isAdopted && !isDone) {
      await this.#serveChanged();
      await Promise.race([reading, pending.urgent()]);
    }
    const { conf, vips } = await reading;
    await yieldIfDue(clock);
    const altered = await inSlices(clock, known.finishDump(vips));
    step.checked();
    if (this.#isAdopted && altered.length > 0) this.#tellAltered(altered);
    await yieldIfDue(clock);
    pending.takeConf();
    await this.#setConf(conf);
    const prefixes = new Set(altered.map(({ vip }) => prefixText(vip)));
    for (const refusal of this.#changes.refusals.values()) {
      if (prefixes.has(prefixText(refusal.step.vip))) this.#explained.add(refusal);
    }
    return prefixes;
  }

  #tellAltered(altered: readonly Alteration[]): void {
    const { events, observer } = this.context;
    observer?.altered();
    const detail = summaryOf(altered.map(({ vip, detail }) => `${describeVip(vip)}: ${detail}`));
    events.emit([{ kind: "vpp", change: "altered", detail, cause: { kind: "vpp" } }]);
  }

  async #setConf(actual: LbConf): Promise<void> {
    const { checker, client, log, step, progress } = this.context;
    progress.awaiting("VPP's global settings");
    step.noteSettings(await setConf(client, actual, checker.config.lb, log));
  }

  /**
   * Syncs the frontends that have changed. A reload or an operator may change all of them, which
   * takes VPP seconds: what probes find out meanwhile goes between the windows.
   */
  async #serveChanged(): Promise<void> {
    await this.#serveProbed();
    const names = this.context.pending.takeChanged();
    if (names.length === 0) return;
    await this.#syncFrontends(names, async () => {
      await this.#serveProbed();
      return true;
    });
  }

  /** Syncs those of them of which a probe has found that out. */
  async #serveProbed(): Promise<void> {
    const names = this.context.pending.takeProbed();
    if (names.length > 0) await this.#syncFrontends(names);
  }

  async #syncAsked(asked: ReadonlyMap<string, readonly Waiter[]>): Promise<void> {
    const counts = await this.#syncFrontends([...asked.keys()]);
    await this.#reconsider(counts);
    for (const [name, waiters] of asked) {
      resolveAll(waiters, { counts, differs: this.#differencesOf(name) });
    }
  }

  /** What was refused of the VIP of a frontend, and of those that have to go for it. */
  #differencesOf(frontend: string): string[] {
    const { step } = this.context;
    const id = this.#desired.idOf(frontend);
    if (id === undefined) return [];
    const inTheWay = frontendTarget(frontend, this.#planning).plan()?.removals ?? [];
    const ids = new Set([id, ...inTheWay.map(({ vip }) => vip.id)]);
    return [...ids].flatMap((each) => step.difference(each) ?? []);
  }

  async #syncFrontends(
    names: readonly string[],
    goOn?: () => Promise<boolean>,
  ): Promise<SyncCounts> {
    const { step } = this.context;
    const run = new Run("vip");
    const done = this.#logStart("vip", names);
    const targets = names.map((name) => frontendTarget(name, this.#planning));
    await this.#changes.carryOut(targets, run, goOn);
    for (const name of names) {
      const id = this.#desired.idOf(name);
      if (id === undefined || run.refusals.has(id)) continue;
      this.#changes.refusals.delete(id);
      step.note(id, this.#blockage(name, run));
    }
    done(run.counts);
    return run.counts;
  }

  /** Why a frontend has to wait for a full sync, if it has to. */
  #blockage(frontend: string, { blocked }: Run): string | undefined {
    const vip = blocked.get(frontend);
    if (vip === undefined) return undefined;
    const reason = "another VIP of the address is in its way, which only a full sync may remove";
    this.context.log.info("vpp-lbsync-blocked", { frontend, vip, reason });
    return `${vip}: frontend ${frontend}: ${reason}`;
  }

  async #syncAll(waiters: readonly Waiter[]): Promise<void> {
    const { pending, step } = this.context;
    const { generation } = this.#desired;
    const run = new Run("all");
    const done = this.#logStart("all", []);
    // All of it is planned anew.
    this.#changes.refusals.clear();
    const goOn = async () => {
      await this.#serveChanged();
      return this.#desired.generation === generation;
    };
    await this.#changes.carryOut(allTargets(this.#planning), run, goOn);
    if (this.#desired.generation !== generation) {
      // A reload came in between: what was begun belongs to the past.
      done(run.counts, true);
      return pending.addAll(waiters);
    }
    step.keepOnly(this.#changes.refusals);
    await this.#reconsider(run.counts);
    this.#isWhole = true;
    this.#armDrift();
    done(run.counts);
    resolveAll(waiters, { counts: run.counts, differs: step.differences });
  }

  /** The next full sync, by the interval configured now: a reload brings a full sync as well. */
  #armDrift(): void {
    const { clock, checker, pending } = this.context;
    this.#drift?.cancel();
    this.#drift = clock.after(checker.config.lb.syncIntervalMs, () => pending.addAll());
  }

  /**
   * Thinks about what was refused, adding to `counts`. Where it was not refused before, what was
   * known may have been wrong: VPP is asked, and what turns out otherwise, or has since it was
   * refused, is planned anew, once.
   */
  async #reconsider(counts = new Run("vip").counts): Promise<void> {
    const { step } = this.context;
    for (;;) {
      const refused = [...this.#changes.refusals];
      this.#changes.refusals.clear();
      const fresh = refused.filter(([id]) => step.difference(id) === undefined);
      for (const [id, { detail }] of refused) step.note(id, detail);
      const explained = new Set(this.#explained);
      this.#explained.clear();
      if (fresh.length === 0) return;
      const altered = await this.#look();
      const again = fresh.filter(([, refusal]) =>
        explained.has(refusal) || altered.has(prefixText(refusal.step.vip))
      );
      const run = new Run("vip");
      await this.#changes.carryOut(new Set(again.map(([, { target }]) => target)), run);
      for (const [id] of again) step.note(id, undefined);
      for (const [id, { detail }] of run.refusals) step.note(id, detail);
      addCounts(counts, run.counts);
    }
  }

  /** Logs the beginning; call the result at the end. */
  #logStart(scope: "all" | "vip", names: readonly string[]) {
    const { log, clock } = this.context;
    const frontends = names.length > 0 ? names.slice(0, 10) : undefined;
    const startedAt = clock.now();
    log.info("vpp-lbsync-start", { scope, frontends });
    return (counts: SyncCounts, superseded?: true) => {
      const duration = Math.round(clock.now() - startedAt);
      log.info("vpp-lbsync-done", {
        ...{ scope, frontends, ...counts, superseded },
        "duration-ms": duration,
      });
    };
  }
}
