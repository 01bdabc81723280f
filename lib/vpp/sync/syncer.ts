import { pause } from "../../time/mod.ts";
import { addCounts, Applier } from "./applier.ts";
import { type ApplyCounts, noCounts } from "./apply.ts";
import type { SyncContext } from "./context.ts";
import { dumpActual } from "./dump.ts";
import { KnownState } from "./known.ts";
import { pushConf } from "./push_conf.ts";
import { DesiredView } from "./view.ts";
import { rejectWant, resolveWant, type Want, Wants } from "./wants.ts";

/** Times that VPP is asked again what it holds when it refused a change. */
const maxRepeats = 2;

/**
 * Brings VPP in line, one sync at a time. Transitions are planned by what VPP is known to hold
 * and sent at once, even between the batches of a full sync and while a dump is under way; a full
 * sync, and a sync that an operator asks for, asks VPP first.
 *
 * When VPP refuses something, what is known is wrong: it is asked again, and the rest is planned
 * anew, twice at most. What is refused still is left to the next full sync.
 */
export class Syncer {
  readonly known = new KnownState();
  readonly #desired: DesiredView;
  readonly #applier: Applier;
  readonly #wants = new Wants();
  /** Frontends of which something was refused while a dump was under way. */
  readonly #refused = new Set<string>();
  /** Frontends of which something was refused whatever was tried, since the last full sync. */
  readonly #hopeless = new Set<string>();
  #isKnown = false;
  #running = false;
  #stopped: Error | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(private readonly context: SyncContext) {
    this.#desired = new DesiredView(context.checker);
    this.#applier = new Applier(context, this.known, this.#desired);
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
    this.known.finishDump(await this.#ask());
    this.#isKnown = true;
  }

  #ask() {
    return dumpActual(this.context.client, this.context.clock);
  }

  /** Dumps, and goes on serving transitions meanwhile by what was known before. */
  async #dumpServing(): Promise<void> {
    if (!this.#isKnown) return await this.#dump();
    this.known.startDump();
    let isDone = false;
    const dumping = this.#ask().finally(() => isDone = true);
    // It may fail while a transition is being served: it is awaited in the end.
    dumping.catch(() => {});
    while (!isDone) {
      await this.#serveUrgent(false);
      this.#wake = Promise.withResolvers();
      if (this.#wants.urgent || isDone) continue;
      await Promise.race([dumping, this.#wake.promise]);
    }
    const dump = await dumping;
    await pause(this.context.clock);
    this.known.finishDump(dump);
    await pause(this.context.clock);
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
    const done = this.#logStart("vip", [...wants.keys()]);
    const refused = await this.#applier.frontends([...wants.keys()], total);
    // What is known is wrong. If a dump is under way already, these come again after it.
    if (mayDump) await this.#repeat(refused, total);
    else for (const name of refused) this.#refused.add(name);
    this.#throwIfStopped();
    done(total);
    for (const want of wants.values()) resolveWant(want, total);
  }

  /** Asks VPP again and plans anew, unless that has been of no use before. */
  async #repeat(refused: readonly string[], total: ApplyCounts): Promise<void> {
    let names = refused.filter((name) => !this.#hopeless.has(name));
    for (let repeat = 0; names.length > 0 && repeat < maxRepeats; repeat++) {
      await this.#dumpServing();
      names = await this.#applier.frontends(names, total);
    }
    for (const name of names) this.#hopeless.add(name);
  }

  async #syncAll(want: Want): Promise<void> {
    const done = this.#logStart("all", []);
    this.#hopeless.clear();
    await this.#pushConf();
    await this.#dumpServing();
    const { generation } = this.#desired;
    const total = noCounts();
    for (let repeat = 0; repeat <= maxRepeats; repeat++) {
      const counts = noCounts();
      await this.#applier.everything(counts, async () => {
        await this.#serveUrgent(true);
        await pause(this.context.clock);
        return this.#stopped !== undefined || this.#desired.generation !== generation;
      });
      addCounts(total, counts);
      if (this.#desired.generation !== generation) return this.#startOver(want);
      if (counts.refused === 0 || repeat === maxRepeats) break;
      await this.#dumpServing();
    }
    this.#throwIfStopped();
    done(total);
    resolveWant(want, total);
  }

  /** A reload came in between: what was begun belongs to the past. */
  #startOver(want: Want): void {
    this.#wants.addAll();
    for (const waiter of want.waiters) this.#wants.addAll(waiter);
  }

  #throwIfStopped(): void {
    if (this.#stopped) throw this.#stopped;
  }

  /** Logs the beginning; call the result at the end. */
  #logStart(scope: "all" | "vip", names: readonly string[]): (counts: ApplyCounts) => void {
    const { log, clock } = this.context;
    const frontends = names.length > 0 ? names.slice(0, 10) : undefined;
    const startedAt = clock.now();
    log.info("vpp-lbsync-start", { scope, frontends });
    return (counts) => {
      const duration = Math.round(clock.now() - startedAt);
      log.info("vpp-lbsync-done", { scope, frontends, ...counts, "duration-ms": duration });
    };
  }
}
