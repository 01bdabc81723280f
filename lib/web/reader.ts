import { Code } from "@connectrpc/connect";
import {
  allBackends,
  allFrontends,
  hasCode,
  ignoring,
  isUntold,
  type MaglevClient,
  withStates,
} from "../cli/mod.ts";
import type { BackendInfo, Event, FrontendInfo } from "../gen/maglev_pb.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { Backlog, isSameBackend } from "./backlog.ts";
import { entryOf } from "./entry.ts";
import { isAlike } from "./is_alike.ts";
import { Touched } from "./touched.ts";
import type { ProbeHistory } from "./probe_history.ts";
import { type MaglevdState, stripMs } from "./state.ts";
import { toWire } from "./to_wire.ts";
import type { TrafficRates } from "./traffic.ts";
import type { Change, Reading, Step } from "./wire.ts";

/** Everything is read that often, in case something was missed. */
const fullMs = 30_000;
/** After many events everything is read once more, so many milliseconds later at least. */
const againFullMs = 5_000;
/** After an event, so long for others that concern the same. */
const touchedMs = 250;
/** Counters are as old as that. */
const countersMs = 5_000;
/** Reading everything is at most this part of the time. */
const fullShare = 1 / 10;
/** After a failure. */
const againMs = 2_000;
/** So many entries of the journal are there from the start. */
const journalAtStart = 200;

/** What reading takes. */
export interface ReaderOptions {
  readonly client: MaglevClient;
  readonly clock: Clock;
  readonly traffic: TrafficRates;
  readonly probes: ProbeHistory;
  /** What is known of the maglevd. */
  readonly state: () => MaglevdState;
  readonly publish: (change: Change) => void;
  readonly signal: AbortSignal;
  /** Told of each failure, and with undefined when everything was read. */
  readonly failed: (error: unknown) => void;
}

/** Reads what events leave open, from one maglevd, for as long as it is followed. */
export class Reader {
  readonly #touched: Touched;
  readonly #backlog: Backlog;
  readonly #timers = new Map<string, Timer>();
  #wake: (() => void) | undefined;
  readonly #due = new Set<"full" | "touched" | "counters" | "vpp">();
  #isPastKnown = false;
  /** In the clock's milliseconds. */
  #fullNotBefore = 0;

  /** Reads nothing before {@link run}. */
  constructor(private readonly options: ReaderOptions) {
    this.#touched = new Touched((backend) =>
      options.state().backends.get(backend)?.frontends ?? []
    );
    this.#backlog = new Backlog({
      ...options,
      isTouched: (kind, name) => this.#touched.isSince(kind, name),
      toldAt: (backend) => this.#touched.toldAt(backend),
    });
  }

  /** Something has happened: what it concerns is read anew, soon. */
  heard(event: Event): void {
    this.#touched.add(event);
    if (this.#touched.takeVpp()) this.#in(touchedMs, "vpp");
    if (!this.#touched.isEmpty) this.#in(touchedMs, "touched");
  }

  /** Whether what happened before it was followed was read. */
  get isPastKnown(): boolean {
    return this.#isPastKnown;
  }

  /**
   * Reads until the signal. With `isPastKnown` nothing is to be found out about the past. Never
   * rejects.
   */
  async run(isPastKnown: boolean): Promise<void> {
    const { signal, failed } = this.options;
    signal.addEventListener("abort", () => this.#wake?.());
    this.#isPastKnown = isPastKnown;
    this.#due.add("full").add("counters");
    while (!signal.aborted) {
      const isWhole = this.#due.has("full");
      try {
        await this.#readDue();
        if (!this.#isPastKnown) await this.#readPast();
        if (isWhole) failed(undefined);
      } catch (error) {
        if (signal.aborted) break;
        failed(error);
        this.#in(againMs, "full");
      }
      if (this.#due.size > 0) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (signal.aborted) resolve();
      });
    }
    for (const timer of this.#timers.values()) timer.cancel();
    this.#backlog.close();
  }

  async #readDue(): Promise<void> {
    for (const what of [...this.#due]) {
      this.#due.delete(what);
      switch (what) {
        case "full":
          await this.#readAll();
          break;
        case "touched":
          await this.#readTouched();
          break;
        case "counters":
          this.#in(countersMs, "counters");
          await this.#readCounters();
          break;
        case "vpp":
          this.#publish({ kind: "reading", ...await this.#vpp() });
          break;
      }
    }
  }

  /** Each part is told as it comes: one that is not answered keeps no other from being shown. */
  async #readAll(): Promise<void> {
    const { clock } = this.options;
    this.#touched.begin();
    this.#in(fullMs, "full");
    const began = clock.now();
    const parts = [this.#readNamed(), this.#checks(), this.#vpp()];
    const outcomes = await Promise.allSettled(parts.map(async (part) => {
      this.#publish({ kind: "reading", ...await part });
    }));
    this.#fullNotBefore = clock.now() + (clock.now() - began) / fullShare;
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** All backends and frontends that are new, and those that are gone; the others are compared. */
  async #readNamed(): Promise<Reading> {
    const { client, signal, clock, probes } = this.options;
    const asking = { client, signal };
    const [backends, listed] = await Promise.all([allBackends(asking), allFrontends(asking)]);
    const frontends = await withStates(asking, listed);
    const known = this.options.state();
    const goneBackends = goneFrom(known.backends, backends);
    probes.forget(goneBackends);
    const isNew = (known: ReadonlyMap<string, unknown>) => ({ name }: { readonly name: string }) =>
      !known.has(name);
    this.#backlog.put(backends, frontends);
    return {
      kind: "reading",
      backends: backends.filter(isNew(known.backends)).map(toWire),
      frontends: frontends.filter(isNew(known.frontends)).map(toWire),
      at: clock.wall(),
      goneBackends,
      goneFrontends: goneFrom(known.frontends, frontends),
    };
  }

  /** A few are asked for by name; if many are concerned, all are, at a bounded rate. */
  async #readTouched(): Promise<void> {
    const { client, signal, clock } = this.options;
    if (this.#touched.isAll) {
      const wait = this.#fullNotBefore - clock.now();
      if (wait > 0) return this.#in(wait, "touched");
      await this.#readAll();
      // What was told may be of before: maglevd keeps such lists for a while.
      return this.#in(Math.max(againFullMs, 2 * (this.#fullNotBefore - clock.now())), "full");
    }
    const { backends, frontends } = this.#touched;
    this.#touched.clear();
    const found = <T>(all: readonly (T | undefined)[]) => all.filter((each) => each !== undefined);
    const [readBackends, readFrontends] = await Promise.all([
      Promise.all(
        backends.map((name) => client.getBackend({ name }, { signal }).catch(ifThere)),
      ),
      Promise.all(
        frontends.map((name) => client.getFrontend({ name }, { signal }).catch(ifThere)),
      ),
    ]);
    const told = found<BackendInfo>(readBackends);
    const { backends: known } = this.options.state();
    // A maglevd of before does not tell who uses a backend, which no event changes.
    for (const each of told.filter(isUntold)) {
      each.frontends = [...known.get(each.name)?.frontends ?? []];
    }
    const read = found<FrontendInfo>(readFrontends);
    await withStates({ client, signal }, read);
    this.#publish(this.#differing(told, read));
  }

  async #readCounters(): Promise<void> {
    const { client, signal, traffic, publish } = this.options;
    try {
      const counters = await client.getVPPLBCounters({}, { signal });
      const told = traffic.take(counters);
      if (told) publish(told);
    } catch (error) {
      // VPP is away, or maglevd too old to count.
      if (!hasCode(error, Code.Unavailable, Code.Unimplemented)) throw error;
      traffic.interrupt();
    }
  }

  async #checks(): Promise<Pick<Reading, "checks">> {
    const { client, signal } = this.options;
    const { names } = await client.listHealthChecks({}, { signal });
    const checks = names.map((name) => client.getHealthCheck({ name }, { signal }).catch(ifThere));
    return { checks: (await Promise.all(checks)).flatMap((check) => check ? [toWire(check)] : []) };
  }

  async #vpp(): Promise<Pick<Reading, "status" | "vpp">> {
    const { client, signal } = this.options;
    const [status, vpp] = await Promise.all([
      client.getStatus({}, { signal }).catch(ifKnown),
      client.getVPPInfo({}, { signal }).then(toWire).catch((error: unknown) => {
        if (!hasCode(error, Code.Unavailable)) throw error;
        return { unavailable: error.rawMessage };
      }),
    ]);
    return { ...status && { status: toWire(status) }, vpp };
  }

  /** What happened before it was followed. An older maglevd does not tell. */
  async #readPast(): Promise<void> {
    const { client, signal, clock } = this.options;
    const notBefore = BigInt(Math.round((clock.wall() - stripMs) * 1e6));
    const [last, frontends] = await Promise.all([
      client.listEvents({ limit: journalAtStart }, { signal }).catch(ifKnown),
      client.listEvents({ kinds: ["frontend"], limit: 1000, notBeforeUnixNs: notBefore }, {
        signal,
      })
        .catch(ifKnown),
    ]);
    const journal = last?.events.flatMap((event) => entryOf(event) ?? []) ?? [];
    const steps = new Map<string, Step[]>();
    for (const { event } of frontends?.events.reverse() ?? []) {
      if (event.case !== "frontend" || !event.value.transition) continue;
      const { from, to, atUnixNs } = event.value.transition;
      const { frontendName: name } = event.value;
      const known = steps.getOrInsertComputed(name, () => [[clock.wall() - stripMs, from]]);
      known.push([Number(atUnixNs) / 1e6, to]);
    }
    this.#publish({ kind: "reading", journal, steps: Object.fromEntries(steps) });
    this.#isPastKnown = true;
  }

  #publish(reading: Reading): void {
    const { kind: _, ...parts } = reading;
    const isNews = Object.values(parts).some((part) => !Array.isArray(part) || part.length > 0);
    if (isNews) this.options.publish(reading);
  }

  /** Those that are other than is known. */
  #differing(backends: readonly BackendInfo[], frontends: readonly FrontendInfo[]): Reading {
    const known = this.options.state();
    return {
      kind: "reading",
      backends: backends.map(toWire).filter((now) => {
        const before = known.backends.get(now.name);
        return !before || !isSameBackend(before, now);
      }),
      frontends: frontends.map(toWire).filter((now) =>
        !isAlike(now, known.frontends.get(now.name))
      ),
    };
  }

  /** Does something in a while, unless that is arranged already. */
  #in(ms: number, what: "full" | "touched" | "counters" | "vpp"): void {
    // Reading everything is put off by reading everything, and brought forward by a failure.
    if (this.#timers.has(what) && what !== "full") return;
    this.#timers.get(what)?.cancel();
    this.#timers.set(
      what,
      this.options.clock.after(ms, () => {
        this.#timers.delete(what);
        this.#due.add(what);
        this.#wake?.();
      }),
    );
  }
}

/** Names that are known, and not there now. */
function goneFrom(
  known: ReadonlyMap<string, unknown>,
  now: readonly { readonly name: string }[],
): string[] {
  const names = new Set(now.map(({ name }) => name));
  return [...known.keys()].filter((name) => !names.has(name));
}

/** It may have gone meanwhile. */
const ifThere = ignoring(Code.NotFound);

/** An older maglevd does not know the call. */
const ifKnown = ignoring(Code.Unimplemented);
