import type { CheckerView } from "../../checker/mod.ts";
import type { LogAttributes, Logger } from "../../log/mod.ts";
import { type Clock, yieldIfDue } from "../../time/mod.ts";
import { isRefusal, type Requester } from "../../vppclient/mod.ts";
import type { VppObserver } from "../service.ts";
import { Occupied } from "../state/occupied.ts";
import { describeVip, prefixText } from "../state/vip.ts";
import type { SyncCounts } from "./pending.ts";
import { changeOf, nextSteps, type Notes, type Step, stepAttributes } from "./steps.ts";
import type { Target } from "./targets.ts";

/** Requests that are on their way together at most: an urgent change waits for their answers. */
const windowSize = 256;

/**
 * Slots and entries that VPP works through for a window, about: it makes the table of a VIP anew
 * with each change of a server, which takes it some 100 ns for each (docs/vpp.md, "Requests and
 * dumps"). Without a limit 256 changes of tables of 2^20 slots would hold VPP for 20 s: urgent
 * changes would wait for that, and VPP, which answers no ping meanwhile, be taken for hung.
 */
const mostEffort = 2 ** 20;

/**
 * Servers that are looked at for a window, about, which takes some milliseconds. They are counted,
 * as what time allows would be another number each time, and the order of the requests another one.
 */
const mostLooked = 2 ** 15;

/** Looking at a target takes as long as at so many of its servers. */
const serversPerTarget = 100;

/** Entries of a server in what VPP makes a table from: one for each of its weight. */
const mostEntries = 100;

/** To move flows VPP looks through the sticky buckets, of each thread 20 ns and more for each. */
const effortOfSticky = 0.25;

/** Hears how the work goes, so that somebody notices when it does not. */
export interface Progress {
  /** An answer is waited for; `what` names it in a sentence. */
  awaiting(what: string): void;
  /** There is nothing to do. */
  idle(): void;
}

/** What carrying out changes needs. */
export interface ChangesContext extends Notes {
  readonly client: Requester;
  readonly checker: Pick<CheckerView, "config" | "frontend" | "backend">;
  readonly log: Logger;
  readonly clock: Clock;
  readonly observer?: Pick<VppObserver, "lbSync"> | undefined;
  readonly progress: Progress;
}

/** Something that VPP refused. */
export interface Refusal {
  readonly step: Step;
  readonly target: Target;
  /** For people. */
  readonly detail: string;
}

/** How carrying out a number of targets goes. */
export class Run {
  readonly counts: SyncCounts = {
    vip_added: 0,
    vip_removed: 0,
    as_added: 0,
    as_removed: 0,
    as_weight_updated: 0,
    refused: 0,
  };
  /** Keys of the steps that were refused: they are not tried again. */
  readonly refused = new Set<string>();
  /** The last one of each VIP, by its id. */
  readonly refusals = new Map<string, Refusal>();
  /** Frontends that must wait for a full sync, and on which prefix. */
  readonly blocked = new Map<string, string>();

  /** `scope` is how its changes are counted. */
  constructor(readonly scope: "all" | "vip") {}
}

/** What is still to be done. */
interface Left {
  /** Looked at already: these come first. */
  begun: Target[];
  readonly fresh: Iterator<Target>;
  /** These wait for something else that has an address that they need. */
  waiting: Target[];
  /** Whether something is still to be done that may give it up. */
  mayWait: boolean;
  isEmpty: boolean;
}

/** Requests that are sent together. */
interface Window {
  readonly steps: Map<string, { readonly target: Target; readonly step: Step }>;
  /** By what VPP holds before any of them. */
  readonly occupied: Occupied;
  /** What VPP works through for them, see {@link mostEffort}. */
  effort: number;
  /** What was looked at for them, see {@link mostLooked}. */
  looked: number;
}

function isFull({ steps, effort }: Window): boolean {
  return steps.size >= windowSize || effort >= mostEffort;
}

/**
 * Sends changes to VPP, a window of pipelined requests at a time. A window is planned and handed
 * over without a pause, by what VPP is known to hold after the one before: nothing in it is older
 * than that. What VPP refuses is logged, counted and left out, with all that depends on it.
 */
export class Changes {
  /**
   * By the id of the VIP: what was refused last, by whatever run, and was not accepted since. Whoever
   * thinks about one takes it out.
   */
  readonly refusals = new Map<string, Refusal>();

  constructor(private readonly context: ChangesContext) {}

  /**
   * Makes the targets what they should be, adding to `run`, until `goOn` says between two windows
   * that it is enough. Rejects only when the connection fails.
   */
  async carryOut(
    targets: Iterable<Target>,
    run: Run,
    goOn: () => Promise<boolean> = () => Promise.resolve(true),
  ): Promise<void> {
    const left: Left = {
      begun: [],
      fresh: targets[Symbol.iterator](),
      waiting: [],
      mayWait: true,
      isEmpty: false,
    };
    do {
      const window = this.#nextWindow(left, run);
      if (window.steps.size > 0) await this.#send(window, run);
      await yieldIfDue(this.context.clock);
    } while (!left.isEmpty && await goOn());
  }

  #nextWindow(left: Left, run: Run): Window {
    const { checker, known } = this.context;
    const occupied = new Occupied(checker.config, known);
    const window: Window = { steps: new Map(), occupied, effort: 0, looked: 0 };
    const unfinished: Target[] = [];
    do {
      const target = left.begun.shift() ?? next(left.fresh);
      if (!target) {
        if (unfinished.length === 0) this.#reachEnd(left);
        break;
      }
      const outcome = this.#addSteps(target, window, left, run);
      if (outcome === "some") unfinished.push(target);
      if (outcome === "waits") left.waiting.push(target);
    } while (!isFull(window) && window.looked < mostLooked);
    left.begun.unshift(...unfinished);
    return window;
  }

  /** All has gone that was to go: what has waited for it is tried now. */
  #reachEnd(left: Left): void {
    left.isEmpty = left.waiting.length === 0;
    [left.begun, left.waiting] = [left.waiting, []];
    left.mayWait = false;
  }

  /** Adds what can be sent for a target now; says whether there was some, or all of it waits. */
  #addSteps(target: Target, window: Window, left: Left, run: Run): "some" | "waits" | "none" {
    const { steps, occupied } = window;
    const plan = target.plan();
    window.looked += serversPerTarget + (plan?.looked ?? 0);
    if (!plan) return "none";
    for (const vip of plan.blocked) run.blocked.set(vip.frontend, prefixText(vip));
    let outcome: "some" | "waits" | "none" = "none";
    for (const step of nextSteps(plan, run.refused)) {
      if (left.mayWait && step.obstacle(occupied) !== undefined) {
        if (outcome === "none") outcome = "waits";
        continue;
      }
      outcome = "some";
      // Two targets may want the same VIP removed.
      if (!steps.has(step.key)) {
        steps.set(step.key, { target, step });
        window.effort += this.#effortOf(step);
      }
      if (isFull(window)) break;
    }
    return outcome;
  }

  /** A VIP that is not there yet has no servers, so next to nothing is worked through for it. */
  #effortOf({ vip: { id }, flushes }: Step): number {
    const { known, checker } = this.context;
    const vip = known.vip(id);
    const table = vip ? vip.flowTableLength + vip.servers.size * mostEntries : 0;
    return table + (flushes ? checker.config.lb.stickyBucketsPerCore * effortOfSticky : 0);
  }

  async #send({ steps, occupied }: Window, run: Run): Promise<void> {
    const { client, progress, ledger } = this.context;
    progress.awaiting("VPP's answers to changes");
    const sent = [...steps.values()];
    for (const { step } of sent) step.leaving?.(ledger);
    const results = await Promise.allSettled(sent.map(({ step }) => step.send(client, occupied)));
    const failures: unknown[] = [];
    for (const [i, { target, step }] of sent.entries()) {
      const result = results[i];
      if (result?.status === "fulfilled") this.#accept(step, run);
      else if (isRefusal(result?.reason)) this.#refuse(target, step, result.reason, run);
      else failures.push(result?.reason);
    }
    // What else VPP has accepted counts, also for the next connection.
    if (failures.length > 0) throw failures[0];
  }

  #accept(step: Step, run: Run): void {
    const { log, observer } = this.context;
    step.accepted(this.context);
    const { id } = step.vip;
    if (this.refusals.get(id)?.step.key === step.key) this.refusals.delete(id);
    run.counts[step.kind]++;
    log.info(step.record, { ...stepAttributes(step), ...step.attributes });
    observer?.lbSync(run.scope, step.kind);
  }

  #refuse(target: Target, step: Step, { message }: Error, run: Run): void {
    run.counts.refused++;
    run.refused.add(step.key);
    const server = step.address === "" ? "" : ` ${step.address}`;
    const change = changeOf(step);
    const detail = `${describeVip(step.vip)}: ${change}${server}: ${message}`;
    const refusal = { step, target, detail };
    run.refusals.set(step.vip.id, refusal);
    this.refusals.set(step.vip.id, refusal);
    this.context.log.warn("vpp-reconciler-error", {
      ...stepAttributes(step),
      ...backendAttributes(step, this.context.checker),
      change,
      weight: step.weight,
      err: message,
    });
  }
}

function next(source: Iterator<Target>): Target | undefined {
  const { done, value } = source.next();
  return done ? undefined : value;
}

/** Which backend a server is, and the last change of its state. */
function backendAttributes(
  { frontend, address }: Step,
  checker: ChangesContext["checker"],
): LogAttributes {
  const backends = checker.frontend(frontend)?.config.pools.flatMap((pool) => pool.backends) ?? [];
  for (const { backend } of backends) {
    const snapshot = checker.backend(backend);
    if (snapshot?.config.address.text !== address) continue;
    const last = snapshot.transitions[0];
    return { backend, from: last?.from, to: last?.to };
  }
  return {};
}

/** Adds `counts` to `total`. */
export function addCounts(total: SyncCounts, counts: SyncCounts): void {
  for (const kind of Object.keys(counts) as (keyof SyncCounts)[]) total[kind] += counts[kind];
}
